using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

/// <summary>A net with every layer there is, small enough to run at many sizes, and the steps that tests take with it.</summary>
internal static class MiniFcn
{
    public const int Classes = 3;

    public static NetGraph Graph(float dropout = 0.25f, int width = 8) => NetFixtures.Graph("mini", g =>
    {
        var half = new MaxPool2dParameters(2, 2, CeilMode: true);
        GraphValue image = g.Input("image", 3);
        GraphValue pool1 = g.MaxPool2d("pool1", g.Relu("relu1", g.Conv2d("conv1", image, width, Conv2dParameters.Square(3, padding: 1))), half);
        GraphValue pool2 = g.MaxPool2d("pool2", g.Relu("relu2", g.Conv2d("conv2", pool1, 2 * width, Conv2dParameters.Square(3, padding: 1))), half);
        GraphValue score = g.Conv2d("score", g.Dropout("drop", pool2, dropout), Classes, Conv2dParameters.Square(1));
        GraphValue skip = g.Conv2d("skip", pool1, Classes, Conv2dParameters.Square(1));
        GraphValue fused = g.Sum("fuse", g.Crop("crop_up", Up(g, "up2", score), skip, 0), skip);
        GraphValue scores = g.Crop("crop", Up(g, "up1", fused), image, 0);
        g.Output("scores", scores);
        g.Output("classes", g.ArgMax("argmax", scores));
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", scores, g.Input("labels", 1, ElementType.Int32)));
    });

    /// <summary>A network of random weights on a device.</summary>
    public static Network Network(IDevice device, float dropout = 0.25f, int width = 8)
    {
        var network = new Network(Graph(dropout, width), device);
        NetFixtures.Randomize(network);
        return network;
    }

    public static Dictionary<string, Shape> InferenceShapes(int height, int width, int batch = 1) => new() { ["image"] = new(batch, 3, height, width) };

    public static Dictionary<string, Shape> TrainingShapes(int height, int width, int batch = 1) =>
        new() { ["image"] = new(batch, 3, height, width), ["labels"] = new(batch, 1, height, width) };

    /// <summary>The scores of a seeded image of some size.</summary>
    public static float[] Scores(Network network, int height, int width)
    {
        var shape = new Shape(1, 3, height, width);
        return NetFixtures.Forward(network, "scores", ("image", NetFixtures.Random(shape, $"{shape}"))).Span.ToArray();
    }

    /// <summary>One forward and backward pass on a seeded image: the loss, and the gradients in the network.</summary>
    public static float Train(Network network, int height, int width, int batch = 1, ulong step = 0) =>
        TrainUntil(network, height, width, batch, step, TestContext.Current.CancellationToken);

    /// <summary>The same, to be cancelled by the test.</summary>
    public static float TrainUntil(Network network, int height, int width, int batch, ulong step, CancellationToken cancellation)
    {
        Dictionary<string, Shape> shapes = TrainingShapes(height, width, batch);
        CompiledNet net = network.Compile(CompileTarget.Train("loss"), shapes);
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], NetFixtures.Random(shapes["image"], "image").Span);
        execution.Write(net.Inputs["labels"], NetFixtures.Labels(shapes["labels"], Classes));
        (execution.Seed, execution.Step) = (1, step);
        execution.Run(cancellation);
        return NetFixtures.Read(execution, net.Outputs["loss"]).Span[0];
    }

    private static GraphValue Up(GraphBuilder g, string name, GraphValue value) =>
        g.ConvTranspose2d(name, value, Classes, ConvTranspose2dParameters.Square(4, 2, 1), Initializer.Bilinear, Multipliers.Reference);
}
