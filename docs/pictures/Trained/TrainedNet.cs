using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Training;

namespace FcnSharp.Pictures.Trained;

/// <summary>A <see cref="SceneNet"/> of one stride, trained from random weights.</summary>
internal sealed class TrainedNet : IDisposable
{
    private const long Steps = 3000;

    private TrainedNet(int stride, Network network, ModelDescription description)
    {
        Stride = stride;
        Network = network;
        Segmenter = new Segmenter(network, description);
    }

    /// <summary>32, 16 or 8.</summary>
    public int Stride { get; }

    /// <summary>The net.</summary>
    public Network Network { get; }

    /// <summary>The net as users have it.</summary>
    public Segmenter Segmenter { get; }

    /// <summary>Trains a net; each stride gets the same steps from the same seed.</summary>
    public static TrainedNet Train(int stride, ISegmentationDataset data, IDevice device)
    {
        var network = new Network(SceneNet.Build(stride), device);
        var options = new TrainingOptions
        {
            Steps = Steps,
            Solver = SolverKind.AdamW,
            BatchSize = 2,
            LearningRate = 0.0025f,
            WeightDecay = 0.01f,
            WarmupSteps = 100,
        };
        var description = new ModelDescription(new ModelArchitecture(network.Graph.Name, new Dictionary<string, string>()), data.Classes, SceneNet.Preprocessing);
        network.Initialize((ulong)options.Seed);
        using var trainer = new Trainer(network, description, data, options, "scenes");
        while (trainer.Step < Steps)
        {
            trainer.RunStep();
        }

        return new TrainedNet(stride, network, description);
    }

    /// <summary>One output for an image.</summary>
    /// <param name="output">Its name, such as "probabilities".</param>
    /// <param name="image">Sides are multiples of 32.</param>
    public Tensor Run(string output, RgbImage image) => Run(Network, output, image);

    /// <summary>One output of any net for an image.</summary>
    public static Tensor Run(Network network, string output, RgbImage image)
    {
        var shape = new Shape(1, 3, image.Height, image.Width);
        float[] planes = new float[shape.ElementCount];
        InputEncoder.Encode(image, SceneNet.Preprocessing, planes);
        CompiledNet net = network.Compile(CompileTarget.Inference(output), new Dictionary<string, Shape> { ["image"] = shape });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], planes);
        execution.Run();
        ProgramValue value = net.Outputs[output];
        var result = new Tensor(value.Shape);
        execution.Read(value, result.Span);
        return result;
    }

    public void Dispose()
    {
        Segmenter.Dispose();
        Network.Dispose();
    }
}
