using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;
using ElementType = FcnSharp.Tensors.Programs.ElementType;

namespace FcnSharp.Tests.Graph;

/// <summary>A tiny FCN-8s against PyTorch: Golden/make_golden.py says how the file was made.</summary>
public sealed class GoldenNetTests
{
    private const int Classes = 4;

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Loss_scores_and_all_gradients_are_those_of_PyTorch(string deviceName)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Graph", "Golden", "tiny_fcn8s.safetensors"));
        using IDevice device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("tiny-fcn8s", Write), device);
        network.Load(golden.Entries.Where(e => e.Name.StartsWith("value.", StringComparison.Ordinal)).ToDictionary(e => e.Name["value.".Length..], e => golden.Read(e.Name)), "golden");
        Tensor image = golden.Read("image");
        Tensor labels = golden.Read("labels");

        CompiledNet net = network.Compile(CompileTarget.Train("loss", "scores"), new Dictionary<string, Shape> { ["image"] = image.Shape, ["labels"] = labels.Shape });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], image.Span);
        execution.Write(net.Inputs["labels"], Array.ConvertAll(labels.Span.ToArray(), v => (int)v));
        execution.Run(TestContext.Current.CancellationToken);

        // Ten layers of sums of at most 150 terms: about sqrt(150) * 10 roundings of 2^-24, 1e-5 of the largest number, leave room to spare in either place.
        AssertClose("scores", golden.Read("scores").Span, NetFixtures.Read(execution, net.Outputs["scores"]).Span, 1e-5);
        Tensor loss = NetFixtures.Read(execution, net.Outputs["loss"]);
        AssertClose("loss", golden.Read("loss").Span, loss.Span[..1], 1e-6);
        Assert.Equal(labels.Span.ToArray().Count(v => v != 255), loss.Span[1]);
        Dictionary<string, float[]> gradients = NetFixtures.Gradients(network);
        Assert.Equal(15, gradients.Count);
        foreach ((string name, float[] gradient) in gradients)
        {
            AssertClose(name, golden.Read("gradient." + name).Span, gradient, 1e-5);
        }
    }

    private static void Write(GraphBuilder g)
    {
        var half = new MaxPool2dParameters(2, 2, CeilMode: true);
        var doubling = ConvTranspose2dParameters.Square(4, stride: 2, padding: 1);
        GraphValue image = g.Input("image", 3);
        GraphValue labels = g.Input("labels", 1, ElementType.Int32);

        GraphValue pool1 = g.MaxPool2d("pool1", g.Relu("relu1", g.Conv2d("conv1", image, 6, Conv2dParameters.Square(5, stride: 2, padding: 6))), half);
        GraphValue pool2 = g.MaxPool2d("pool2", g.Relu("relu2", g.Conv2d("conv2", pool1, 8, Conv2dParameters.Square(3, padding: 1))), half);
        GraphValue pool3 = g.MaxPool2d("pool3", g.Relu("relu3", g.Conv2d("conv3", pool2, 10, Conv2dParameters.Square(3, padding: 2))), half);

        GraphValue score = g.Conv2d("score_fr", pool3, Classes, Conv2dParameters.Square(1));
        GraphValue skip2 = g.Conv2d("score_pool2", pool2, Classes, Conv2dParameters.Square(1));
        GraphValue fuse2 = g.Sum("fuse_pool2", g.Crop("crop_pool2", Up(g, "upscore2", score, doubling), skip2, 1), skip2);
        GraphValue skip1 = g.Conv2d("score_pool1", pool1, Classes, Conv2dParameters.Square(1));
        GraphValue fuse1 = g.Sum("fuse_pool1", g.Crop("crop_pool1", Up(g, "upscore_pool2", fuse2, doubling), skip1, 0), skip1);
        GraphValue scores = g.Crop("crop", Up(g, "upscore4", fuse1, ConvTranspose2dParameters.Square(8, stride: 4, padding: 2)), image, 5);

        g.Output("scores", scores);
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", scores, labels));
    }

    private static GraphValue Up(GraphBuilder g, string name, GraphValue value, ConvTranspose2dParameters geometry) =>
        g.ConvTranspose2d(name, value, Classes, geometry, Initializer.Bilinear, Multipliers.Reference);

    /// <summary>Every element within a share of the tensor's largest.</summary>
    private static void AssertClose(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double share)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            error = Math.Max(error, Math.Abs((double)expected[i] - actual[i]));
        }

        Assert.True(error <= share * largest, $"{name}: error {error:E3}, the largest number is {largest:E3}.");
    }
}
