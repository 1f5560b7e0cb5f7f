using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ScaleLayerTests
{
    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void The_factor_must_be_finite(float factor, string found)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new ScaleLayer("s", factor).InferShapes([new Shape(1, 1, 1, 1)]));

        Assert.Equal($"The factor must be a finite number, found {found}.", error.Message);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Every_number_is_multiplied(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Scale("s", g.Input("x", 2), 0.01f))), device);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 2, 1, 2), 1, -2, 300, 0)));

        Assert.Equal([0.01f, -0.02f, 300 * 0.01f, 0], y.Span.ToArray());
    }

    [Fact]
    public void A_factor_of_1_is_no_operation()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Scale("s", g.Input("x", 2), 1))), NetFixtures.Device("cpu"));

        Assert.Empty(network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new(1, 2, 3, 3) }).Program.Operations);
    }

    [Theory]
    [InlineData(-3f)]
    [InlineData(0.01f)]
    [InlineData(1f)]
    public void The_gradient_is_scaled_alike(float factor)
    {
        var shape = new Shape(2, 3, 4, 5);

        GradientCheck.Run(net => net.Project(net.Graph.Scale("s", net.Input("x", shape), factor), shape));
    }
}
