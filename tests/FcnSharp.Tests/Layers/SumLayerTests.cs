using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class SumLayerTests
{
    [Fact]
    public void All_inputs_must_have_one_shape()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Sum("fuse", g.Input("a", 2), g.Input("b", 2)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("a", new Shape(1, 2, 4, 5)), ("b", new Shape(1, 2, 5, 5)));

        Assert.Equal("net, layer fuse: All inputs of a sum must have one shape, found 1x2x4x5 and 1x2x5x5: crop them first.", message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void It_needs_two_inputs_at_least(int count)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new SumLayer("s").InferShapes([.. Enumerable.Repeat(new Shape(1, 1, 1, 1), count)]));

        Assert.Equal($"A sum needs at least 2 inputs, found {count}.", error.Message);
    }

    [Fact]
    public void A_sum_of_nothing_fails_with_the_same_line()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Sum("s"))), NetFixtures.Device("cpu"));

        Assert.Equal("net, layer s: A sum needs at least 2 inputs, found 0.", NetAssert.FailsToCompile(network, CompileTarget.Inference("y")));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void It_adds_element_by_element(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Sum("s", g.Input("a", 1), g.Input("b", 1), g.Input("c", 1)))), device);
        var shape = new Shape(1, 1, 1, 3);

        Tensor y = NetFixtures.Forward(network, "y", ("a", NetFixtures.Filled(shape, 1, 2, 3)), ("b", NetFixtures.Filled(shape, 10, 20, 30)), ("c", NetFixtures.Filled(shape, 100, 200, -300)));

        Assert.Equal([111f, 222, -267], y.Span.ToArray());
    }

    [Fact]
    public void Each_input_gets_the_gradient_as_it_is()
    {
        var shape = new Shape(2, 3, 4, 5);

        GradientCheck.Run(net => net.Project(net.Graph.Sum("s", net.Input("a", shape), net.Input("b", shape), net.Input("c", shape)), shape));
    }

    [Theory]
    [InlineData(new[] { 1f }, "found 1: 1.")]
    [InlineData(new[] { 1f, 2, 3 }, "found 3: 1, 2, 3.")]
    [InlineData(new[] { 0.5f, float.NaN }, "found 2: 0.5, NaN.")]
    public void Each_input_needs_a_finite_coefficient(float[] coefficients, string ends)
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.WeightedSum("fuse", coefficients, g.Input("a", 1), g.Input("b", 1)))), NetFixtures.Device("cpu"));
        var shape = new Shape(1, 1, 2, 2);

        Assert.Equal("net, layer fuse: A weighted sum of 2 inputs needs 2 finite coefficients, " + ends, NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("a", shape), ("b", shape)));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Late_fusion_is_a_weighted_sum(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.WeightedSum("s", [0.5f, 0.5f], g.Input("a", 1), g.Input("b", 1)))), device);
        var shape = new Shape(1, 1, 1, 3);

        Tensor y = NetFixtures.Forward(network, "y", ("a", NetFixtures.Filled(shape, 1, 2, 3)), ("b", NetFixtures.Filled(shape, 3, -2, 4)));

        Assert.Equal([2f, 0, 3.5f], y.Span.ToArray());
    }

    [Fact]
    public void Coefficients_of_1_cost_nothing()
    {
        var shape = new Shape(1, 1, 1, 3);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.WeightedSum("s", [1, 1], g.Input("a", 1), g.Input("b", 1)))), NetFixtures.Device("cpu"));

        CompiledNet net = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["a"] = shape, ["b"] = shape });

        Assert.IsType<FcnSharp.Tensors.Programs.SumForward>(Assert.Single(net.Program.Operations));
    }

    [Fact]
    public void Each_input_gets_the_gradient_times_its_coefficient()
    {
        var shape = new Shape(2, 3, 4, 5);

        GradientCheck.Run(net =>
        {
            GraphValue a = net.Input("a", shape);
            net.Project(net.Graph.WeightedSum("s", [0.5f, -2, 1, 0.25f], a, net.Input("b", shape), net.Input("c", shape), a), shape);
        });
    }
}
