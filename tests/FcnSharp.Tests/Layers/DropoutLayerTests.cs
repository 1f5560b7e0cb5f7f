using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class DropoutLayerTests
{
    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void A_ratio_out_of_range_names_the_layer(float ratio)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new DropoutLayer("drop6", ratio));

        Assert.StartsWith("drop6: the dropout ratio must be at least 0 and below 1", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
    }

    [Fact]
    public void The_shape_stays() => Assert.Equal([new Shape(2, 3, 4, 5)], new DropoutLayer("d", 0.5f).InferShapes([new Shape(2, 3, 4, 5)]));

    [Fact]
    public void In_inference_it_is_absent_and_returns_its_input()
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Dropout("d", g.Input("x", 1), 0.5f))), NetFixtures.Device("cpu"));
        CompiledNet net = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new(1, 1, 2, 3) });

        Assert.Empty(net.Program.Operations);
        Assert.Same(net.Inputs["x"], net.Outputs["y"]);
        Tensor x = NetFixtures.Random(new Shape(1, 1, 2, 3), "x");
        Assert.Equal(x.Span.ToArray(), NetFixtures.Forward(network, "y", ("x", x)).Span.ToArray());
    }

    [Fact]
    public void A_ratio_of_0_is_absent_in_training_too_and_lets_the_gradient_pass()
    {
        var shape = new Shape(1, 2, 3, 4);

        GradientCheck.Run(net => net.Project(net.Graph.Dropout("d", net.Graph.Dropout("d2", net.Input("x", shape), 0), 0), shape));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void In_training_it_drops_the_ratio_and_scales_the_rest(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        var shape = new Shape(1, 1, 100, 200);

        float[] y = Masked(device, "d", shape, seed: 1, step: 0);

        float scale = 1 / (1 - 0.3f);
        Assert.All(y, v => Assert.True(v == 0 || v == scale, $"{v}"));

        // 20000 draws of probability 0.3: standard deviation 0.0032; five of them.
        Assert.InRange(y.Count(v => v == 0) / 20000.0, 0.3 - 0.0162, 0.3 + 0.0162);
    }

    [Fact]
    public void The_mask_depends_on_seed_step_and_name_and_on_nothing_else()
    {
        using var device = NetFixtures.Device("cpu");
        using var reference = NetFixtures.Device("reference");
        var shape = new Shape(2, 3, 8, 9);
        float[] mask = Masked(device, "d", shape, seed: 1, step: 5);

        Assert.Equal(mask, Masked(device, "d", shape, seed: 1, step: 5));
        Assert.Equal(mask, Masked(reference, "d", shape, seed: 1, step: 5));
        Assert.NotEqual(mask, Masked(device, "d", shape, seed: 2, step: 5));
        Assert.NotEqual(mask, Masked(device, "d", shape, seed: 1, step: 6));
        Assert.NotEqual(mask, Masked(device, "e", shape, seed: 1, step: 5));
    }

    [Fact]
    public void The_backward_pass_draws_the_same_mask()
    {
        var shape = new Shape(2, 3, 5, 4);

        GradientCheck.Run(net => net.Project(net.Graph.Dropout("d", net.Input("x", shape), 0.4f), shape), coordinatesPerTensor: 120);
    }

    private static float[] Masked(IDevice device, string layer, Shape shape, ulong seed, ulong step)
    {
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            GraphValue dropped = g.Dropout(layer, g.Conv2d("c", g.Input("x", shape.C), shape.C, Conv2dParameters.Square(1, groups: shape.C), Initializer.Constant(1)), 0.3f);
            g.Output("y", dropped);
            g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", dropped, g.Input("labels", 1, ElementType.Int32)));
        });
        using var network = new Network(graph, device);
        network.Initialize(1);
        CompiledNet net = network.Compile(CompileTarget.Train("loss", "y"), new Dictionary<string, Shape> { ["x"] = shape, ["labels"] = new(shape.N, 1, shape.H, shape.W) });
        using IExecution execution = net.Plan.Begin();
        float[] ones = new float[shape.ElementCount];
        Array.Fill(ones, 1);
        execution.Write(net.Inputs["x"], ones);
        execution.Write(net.Inputs["labels"], new int[shape.N * shape.H * shape.W]);
        (execution.Seed, execution.Step) = (seed, step);
        execution.Run();
        return NetFixtures.Read(execution, net.Outputs["y"]).Span.ToArray();
    }
}
