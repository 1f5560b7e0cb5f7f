using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class MaxPool2dLayerTests
{
    [Theory]
    [InlineData(2, 2, 0, true, 5, 4, 3, 2)]
    [InlineData(2, 2, 0, false, 5, 4, 2, 2)]
    [InlineData(3, 2, 0, true, 6, 7, 3, 3)]
    [InlineData(3, 2, 0, false, 6, 7, 2, 3)]
    [InlineData(3, 2, 1, false, 6, 7, 3, 4)]
    [InlineData(2, 2, 0, true, 1, 1, 1, 1)]
    public void Ceil_mode_rounds_up_and_floor_mode_down(int kernel, int stride, int padding, bool ceil, int height, int width, int expectedHeight, int expectedWidth)
    {
        var layer = new MaxPool2dLayer("pool", new MaxPool2dParameters(kernel, stride, padding, ceil));

        Assert.Equal([new Shape(2, 3, expectedHeight, expectedWidth)], layer.InferShapes([new Shape(2, 3, height, width)]));
    }

    [Fact]
    public void An_image_smaller_than_the_window_names_the_layer_and_the_remedy()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.MaxPool2d("pool5", g.Input("x", 1), new MaxPool2dParameters(3, 2)))), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 2, 9)));

        Assert.StartsWith("net, layer pool5: ", message, StringComparison.Ordinal);
        Assert.Contains("use a larger image or ceil mode", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_last_window_of_ceil_mode_sees_what_is_left(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.MaxPool2d("p", g.Input("x", 1), new MaxPool2dParameters(2, 2, CeilMode: true)))), device);

        // All negative, so a zero from outside of the image would win.
        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 3, 3), -9, -2, -3, -4, -5, -6, -8, -7, -1)));

        Assert.Equal([-2f, -3, -7, -1], y.Span.ToArray());
    }

    [Fact]
    public void The_winners_are_remembered_in_training_only()
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue pool = g.MaxPool2d("pool", g.Conv2d("c", g.Input("x", 1), 2, Conv2dParameters.Square(1)), new MaxPool2dParameters(2, 2));
            g.Output("scores", pool);
            g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", pool, g.Input("labels", 1, ElementType.Int32)));
        });
        using var network = new Network(graph, NetFixtures.Device("cpu"));

        MaxPool2dForward inference = Pooling(network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["x"] = new(1, 1, 4, 4) }));
        MaxPool2dForward training = Pooling(network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["x"] = new(1, 1, 4, 4), ["labels"] = new(1, 1, 2, 2) }));

        Assert.Null(inference.ArgMax);
        Assert.Equal(ElementType.Int32, training.ArgMax?.Type);
        Assert.Equal(training.Output.Shape, training.ArgMax?.Shape);
    }

    [Theory]
    [InlineData(2, 2, 0, true)]
    [InlineData(3, 2, 1, false)]
    [InlineData(3, 1, 1, false)]
    public void The_gradient_goes_to_the_winner_and_windows_that_share_one_add_up(int kernel, int stride, int padding, bool ceil)
    {
        var geometry = new MaxPool2dParameters(kernel, stride, padding, ceil);
        var shape = new Shape(2, 2, 5, 7);

        GradientCheck.Run(net => net.Project(net.Graph.MaxPool2d("p", net.Input("x", shape), geometry), geometry.OutputShape(shape)), coordinatesPerTensor: 140);
    }

    private static MaxPool2dForward Pooling(CompiledNet net) => Assert.Single(net.Program.Operations.OfType<MaxPool2dForward>());
}
