using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class CropLayerTests
{
    [Fact]
    public void Height_and_width_come_from_the_second_input_and_the_rest_from_the_first() =>
        Assert.Equal([new Shape(2, 3, 4, 5)], new CropLayer("crop", 1, 2).InferShapes([new Shape(2, 3, 9, 8), new Shape(7, 1, 4, 5)]));

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    [InlineData(-1, 0)]
    public void A_window_that_does_not_fit_says_so(int offsetY, int offsetX)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new CropLayer("c", offsetY, offsetX).InferShapes([new Shape(1, 1, 6, 6), new Shape(1, 1, 4, 4)]));

        Assert.Equal($"A window of 4x4 at ({offsetY}, {offsetX}) does not fit into 6x6: use a smaller offset or more padding before.", error.Message);
    }

    [Fact]
    public void Compiling_names_the_net_and_the_layer()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Crop("score", g.Input("a", 1), g.Input("b", 1), 19))), NetFixtures.Device("cpu"));

        Assert.StartsWith("net, layer score: ", NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("a", new Shape(1, 1, 20, 20)), ("b", new Shape(1, 1, 5, 5))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_window_lies_at_the_offset(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Add(new CropLayer("c", 1, 2), 1, g.Input("a", 1), g.Input("b", 1)))), device);

        Tensor y = NetFixtures.Forward(network, "y",
            ("a", NetFixtures.Filled(new Shape(1, 1, 3, 4), 0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23)), ("b", new Tensor(new Shape(1, 1, 2, 2))));

        Assert.Equal([12f, 13, 22, 23], y.Span.ToArray());
    }

    [Fact]
    public void Of_equal_size_it_is_no_operation_and_lets_the_gradient_pass()
    {
        var shape = new Shape(1, 2, 3, 4);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Crop("c", g.Input("a", 2), g.Input("b", 2), 0))), NetFixtures.Device("cpu"));

        CompiledNet net = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["a"] = shape, ["b"] = shape });

        Assert.Empty(net.Program.Operations);
        GradientCheck.Run(check =>
        {
            GraphValue a = check.Input("a", shape);
            check.Project(check.Graph.Relu("r", check.Graph.Crop("c", a, a, 0)), shape);
        });
    }

    [Fact]
    public void The_gradient_lies_at_the_offset_with_zeros_around_it_and_the_size_giver_has_none()
    {
        var shape = new Shape(2, 3, 7, 6);
        var like = new Shape(2, 1, 4, 3);

        GradientCheck.Run(
            net =>
            {
                GraphValue sizeGiver = net.Input("b", like);
                net.Project(net.Graph.Add(new CropLayer("c", 1, 2), 3, net.Input("a", shape), sizeGiver), new Shape(2, 3, 4, 3));
            },
            coordinatesPerTensor: 252);
    }
}
