using FcnSharp.Data;
using FcnSharp.Graph;
using FcnSharp.Imaging;
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

    private const long Steps = 2000;
    private const int Batch = 24;
    private const ulong Seed = 1337;

    /// <summary>The classifier with outputs "scores", "probabilities" and "loss".</summary>
    public static NetGraph Build()
    {
        var b = new GraphBuilder("window-classifier");
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        GraphValue x = b.Input("image", 3);
        x = Halved(b, 1, b.Conv2d("conv1", x, 16, Conv2dParameters.Square(5)));
        x = Halved(b, 2, b.Conv2d("conv2", x, 32, Conv2dParameters.Square(3)));
        x = Halved(b, 3, b.Conv2d("conv3", x, 48, Conv2dParameters.Square(3)));
        x = b.Relu("relu4", b.FullyConnected("fc4", x, 64, inputHeight: 6, inputWidth: 6));
        x = b.FullyConnected("fc5", x, SceneNet.Classes);
        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("probabilities", x));
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", x, labels));
        return b.Build();
    }

    /// <summary>The same net for images of any size from a window up: a score map with a cell every 8 pixels.</summary>
    public static NetGraph Heatmap(NetGraph classifier) =>
        Convolutionalization.Apply(classifier, new Dictionary<string, Shape> { ["image"] = new(1, 3, Window, Window) }, "scores", "probabilities");

    /// <summary>Trains on windows of scenes, as many of each class.</summary>
    public static Network Train(ISegmentationDataset scenes, IDevice device)
    {
        var network = new Network(Build(), device);
        network.Initialize(Seed);
        using Solver solver = Solver.Create(network, new TrainingOptions { Steps = Steps, Solver = SolverKind.AdamW });
        CompiledNet net = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape>
        {
            ["image"] = new(Batch, 3, Window, Window),
            ["labels"] = new(Batch, 1, 1, 1),
        });
        float[] images = new float[Batch * 3 * Window * Window];
        int[] labels = new int[Batch];
        for (long step = 1; step <= Steps; step++)
        {
            for (int i = 0; i < Batch; i++)
            {
                labels[i] = i % SceneNet.Classes;
                RgbImage window = Draw(scenes, labels[i], (ulong)(step * Batch + i));
                InputEncoder.Encode(window, SceneNet.Preprocessing, images.AsSpan(i * 3 * Window * Window, 3 * Window * Window));
            }

            using IExecution execution = net.Plan.Begin();
            execution.Write(net.Inputs["image"], images);
            execution.Write(net.Inputs["labels"], labels);
            execution.Run();
            solver.Step(step, learningRate: 0.002f * (1 - (float)step / Steps), weightDecay: 0.01f);
        }

        return network;
    }

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

    private static GraphValue Halved(GraphBuilder b, int stage, GraphValue x) =>
        b.MaxPool2d($"pool{stage}", b.Relu($"relu{stage}", x), new MaxPool2dParameters(2, 2, CeilMode: true));

    /// <summary>A window whose middle pixel has a class, from random scenes and places.</summary>
    private static RgbImage Draw(ISegmentationDataset scenes, int label, ulong stream)
    {
        const int Middle = Window / 2;
        for (ulong attempt = 0; ; attempt += 3)
        {
            int Number(ulong position, int below) => (int)(below * CounterRandom.Uniform(Seed, stream, attempt + position));
            Sample scene = scenes.Load(Number(0, scenes.Count));
            int left = Number(1, scene.Image.Width - Window + 1);
            int top = Number(2, scene.Image.Height - Window + 1);
            if (scene.Labels.Row(top + Middle)[left + Middle] == label)
            {
                return ImageCrop.Of(scene.Image, left, top, Window, Window);
            }
        }
    }
}
