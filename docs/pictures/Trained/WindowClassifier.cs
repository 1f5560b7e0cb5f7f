using FcnSharp.Data;
using FcnSharp.Graph;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Training;

namespace FcnSharp.Pictures.Trained;

/// <summary>
/// A classifier with fully connected layers: a window of 64x64 pixels in, the class of the pixel in its middle out. No layer
/// pads, so convolutionalized it gives a cell every 8 pixels that is the classifier on that cell's window, exactly.
/// </summary>
internal static class WindowClassifier
{
    /// <summary>Side of a window in pixels.</summary>
    public const int Window = 64;

    /// <summary>Pixels from one cell of the heatmap to the next.</summary>
    public const int Stride = 8;

    private const long Steps = 3000;
    private const int Batch = 4;
    private const float Rate = 0.002f;
    private const ulong Seed = 1337;

    /// <summary>The classifier with outputs "scores", "probabilities" and "loss".</summary>
    public static NetGraph Build()
    {
        var b = new GraphBuilder("window-classifier");
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        GraphValue x = b.Input("image", 3);
        x = b.Relu("relu1_1", b.Conv2d("conv1_1", x, 24, Conv2dParameters.Square(3)));
        x = Halved(b, "1_2", x, 24);
        x = Halved(b, "2", x, 48);
        x = Halved(b, "3", x, 96);
        x = b.Relu("relu4", b.FullyConnected("fc4", x, 128, inputHeight: 6, inputWidth: 6));
        x = b.FullyConnected("fc5", x, SceneNet.Classes);
        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("probabilities", x));
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", x, labels));
        return b.Build();
    }

    /// <summary>The same net for images of any size from a window up: a score map with a cell every 8 pixels.</summary>
    public static NetGraph Heatmap(NetGraph classifier) =>
        Convolutionalization.Apply(classifier, new Dictionary<string, Shape> { ["image"] = new(1, 3, Window, Window), ["labels"] = new(1, 1, 1, 1) });

    /// <summary>Trains the classifier's weights on all windows of whole scenes, as one pass of the heatmap net (CVPR, section 3.4).</summary>
    /// <returns>The heatmap net; its parameters are the classifier's.</returns>
    public static Network Train(ISegmentationDataset scenes, IDevice device)
    {
        const int Cells = (Scenes.Side - Window) / Stride + 1;
        var network = new Network(Heatmap(Build()), device);
        network.Initialize(Seed);
        using Solver solver = Solver.Create(network, new TrainingOptions { Steps = Steps, Solver = SolverKind.AdamW });
        CompiledNet net = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape>
        {
            ["image"] = new(Batch, 3, Scenes.Side, Scenes.Side),
            ["labels"] = new(Batch, 1, Cells, Cells),
        });
        const int Plane = 3 * Scenes.Side * Scenes.Side;
        float[] images = new float[Batch * Plane];
        int[] labels = new int[Batch * Cells * Cells];
        for (long step = 0; step < Steps; step++)
        {
            for (int i = 0; i < Batch; i++)
            {
                Sample scene = scenes.Load((int)((step * Batch + i) % scenes.Count));
                InputEncoder.Encode(scene.Image, SceneNet.Preprocessing, images.AsSpan(i * Plane, Plane));
                for (int cell = 0; cell < Cells * Cells; cell++)
                {
                    labels[i * Cells * Cells + cell] = scene.Labels.Row(cell / Cells * Stride + Window / 2)[cell % Cells * Stride + Window / 2];
                }
            }

            using IExecution execution = net.Plan.Begin();
            execution.Write(net.Inputs["image"], images);
            execution.Write(net.Inputs["labels"], labels);
            execution.Run();
            solver.Step(step + 1, learningRate: Rate * (1 - (float)step / Steps), weightDecay: 0.01f);
        }

        return network;
    }

    /// <summary>Multiply-adds of one pass over a square image.</summary>
    public static long Cost(Network network, int side) =>
        network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["image"] = new(1, 3, side, side) }).Program.Operations.Sum(o => o.MultiplyAdds);

    /// <summary>The probability of a class at each place of an image, drawn at the cell's 8x8 pixels; 0 where no whole window fits.</summary>
    public static float[] Spread(Tensor probabilities, int label, int width, int height)
    {
        float[] values = new float[width * height];
        int margin = (Window - Stride) / 2;
        for (int y = 0; y < probabilities.Shape.H * Stride; y++)
        {
            for (int x = 0; x < probabilities.Shape.W * Stride; x++)
            {
                values[(margin + y) * width + margin + x] = probabilities[0, label, y / Stride, x / Stride];
            }
        }

        return values;
    }

    private static GraphValue Halved(GraphBuilder b, string name, GraphValue x, int channels) =>
        b.MaxPool2d("pool" + name, b.Relu("relu" + name, b.Conv2d("conv" + name, x, channels, Conv2dParameters.Square(3))), new MaxPool2dParameters(2, 2, CeilMode: true));
}
