using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class LocalResponseNormLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Each_channel_is_divided_by_the_squares_around_it(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.LocalResponseNorm("norm", g.Input("x", 4), new LocalResponseNormParameters(3, 3, 1)))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 4, 1, 1), 1, -1, 1, 3)));

        Assert.Equal([1f / 3, -1f / 4, 1f / 12, 3f / 11], y.Span.ToArray());
    }

    [Fact]
    public void AlexNets_numbers_are_the_default_and_the_scale_is_kept_in_training_only()
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue norm = g.LocalResponseNorm("norm", g.Conv2d("c", g.Input("x", 1), 2, Conv2dParameters.Square(1)));
            g.Output("scores", norm);
            g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", norm, g.Input("labels", 1, ElementType.Int32)));
        });
        using var network = new Network(graph, NetFixtures.Device("cpu"));
        var x = new Shape(1, 1, 4, 4);

        LocalResponseNormForward inference = Norm(network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["x"] = x }));
        LocalResponseNormForward training = Norm(network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["x"] = x, ["labels"] = x }));

        Assert.Equal(new LocalResponseNormParameters(5, 1e-4f, 0.75f, 1), inference.Parameters);
        Assert.Null(inference.Scale);
        Assert.NotNull(training.Scale);
    }

    [Fact]
    public void An_even_window_names_the_layer()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.LocalResponseNorm("norm1", g.Input("x", 1), new LocalResponseNormParameters(4)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 2, 9)));

        Assert.Equal("net, layer norm1: The normalisation window must be an odd number of channels, found 4.", message);
        Assert.Throws<FcnSharpException>(() => new LocalResponseNormLayer("norm", new LocalResponseNormParameters()).InferShapes([]));
    }

    [Theory]
    [InlineData(5, 1e-4f, 0.75f, 1)]
    [InlineData(5, 2, 0.75f, 1)]
    [InlineData(3, 1, 0.5f, 2)]
    [InlineData(7, 3, 0.6f, 1)]
    public void Its_gradient_is_right(int size, float alpha, float beta, float k)
    {
        var shape = new Shape(2, 6, 2, 3);

        GradientCheck.Run(net => net.Project(net.Graph.LocalResponseNorm("norm", net.Input("x", shape), new LocalResponseNormParameters(size, alpha, beta, k)), shape), coordinatesPerTensor: 72);
    }

    private static LocalResponseNormForward Norm(CompiledNet net) => Assert.Single(net.Program.Operations.OfType<LocalResponseNormForward>());
}
