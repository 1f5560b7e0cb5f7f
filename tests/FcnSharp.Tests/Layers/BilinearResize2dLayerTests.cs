using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class BilinearResize2dLayerTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void A_ramp_stays_a_ramp(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.BilinearResize2d("up", g.Input("x", 1), BilinearResize2dParameters.ToSize(1, 5, alignCorners: true)))), device);

        Assert.Equal([0f, 1, 2, 3, 4], NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 1, 3), 0, 2, 4))).Span.ToArray());
    }

    [Fact]
    public void The_size_can_be_that_of_a_second_input_and_costs_nothing_when_it_is_the_inputs()
    {
        NetGraph graph = NetFixtures.Graph("net", g => g.Output("y", g.BilinearResize2d("up", g.Input("x", 2), BilinearResize2dParameters.LikeSecondInput(), g.Input("image", 3))));
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(graph, device);

        CompiledNet larger = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new(1, 2, 3, 4), ["image"] = new(1, 3, 7, 9) });
        CompiledNet same = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new(1, 2, 3, 4), ["image"] = new(1, 3, 3, 4) });

        Assert.Equal(new Shape(1, 2, 7, 9), larger.Outputs["y"].Shape);
        Assert.Empty(same.Program.Operations);
    }

    [Fact]
    public void A_missing_second_input_is_refused_with_the_layers_name()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Add(new BilinearResize2dLayer("up", BilinearResize2dParameters.LikeSecondInput()), 1, g.Input("x", 1)))), device);

        Assert.StartsWith("net, layer up: 2 inputs are needed", NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 1, 2, 9))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 4, 7, 9, false)]
    [InlineData(3, 4, 7, 9, true)]
    [InlineData(8, 7, 3, 2, false)]
    [InlineData(1, 1, 3, 2, true)]
    public void The_gradient_is_the_adjoint(int h, int w, int toH, int toW, bool align)
    {
        var shape = new Shape(2, 2, h, w);

        GradientCheck.Run(net => net.Project(net.Graph.BilinearResize2d("r", net.Input("x", shape), BilinearResize2dParameters.ToSize(toH, toW, align)), new Shape(2, 2, toH, toW)));
    }
}
