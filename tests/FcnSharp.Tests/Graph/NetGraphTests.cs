using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

/// <summary>Building graphs, choosing outputs, and the lines that say what is wrong.</summary>
public sealed class NetGraphTests
{
    private static readonly Dictionary<string, Shape> Image = new() { ["image"] = new(1, 3, 6, 7) };
    private static readonly Dictionary<string, Shape> ImageAndLabels = new() { ["image"] = new(1, 3, 6, 7), ["labels"] = new(1, 1, 6, 7) };

    [Fact]
    public void Names_of_layers_inputs_and_outputs_are_unique()
    {
        var builder = new GraphBuilder("net");
        GraphValue x = builder.Input("x", 1);
        builder.Relu("r", x);
        builder.Output("y", x);

        Assert.Equal("net has two layers named r.", Assert.Throws<FcnSharpException>(() => builder.Relu("r", x)).Message);
        Assert.Equal("net has two layers named x.", Assert.Throws<FcnSharpException>(() => builder.Relu("x", x)).Message);
        Assert.Equal("net has two layers named r.", Assert.Throws<FcnSharpException>(() => builder.Input("r", 1)).Message);
        Assert.Equal("net has two outputs named y.", Assert.Throws<FcnSharpException>(() => builder.Output("y", x)).Message);
    }

    [Fact]
    public void Two_parameters_of_one_name_are_refused_and_a_shared_one_is_not()
    {
        var weight = new Parameter("w", new Shape(1, 1, 1, 1), Initializer.Zero);
        var namesake = new Parameter("w", new Shape(1, 1, 1, 1), Initializer.Zero);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Chain(weight, namesake));

        Assert.StartsWith("net has two parameters named w", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
        Assert.Equal([weight], Chain(weight, weight).Parameters);

        static NetGraph Chain(Parameter first, Parameter second) => NetFixtures.Graph("net", g => g.Output("y", g.Add(
            new Conv2dLayer("b", Conv2dParameters.Square(1), second, null), 1, g.Add(new Conv2dLayer("a", Conv2dParameters.Square(1), first, null), 1, g.Input("x", 1)))));
    }

    [Fact]
    public void Values_of_another_net_are_refused()
    {
        GraphValue foreign = new GraphBuilder("other").Input("x", 1);
        var builder = new GraphBuilder("net");

        Assert.Equal("net, layer r: \"x\" belongs to another net.", Assert.Throws<FcnSharpException>(() => builder.Relu("r", foreign)).Message);
        Assert.Equal("net, output y: \"x\" belongs to another net.", Assert.Throws<FcnSharpException>(() => builder.Output("y", foreign)).Message);
    }

    [Fact]
    public void An_unknown_output_lists_those_there_are()
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        Assert.Equal("two-heads has no output \"socres\"; it has semantic, geometric, loss_semantic, loss_geometric, image.", NetAssert.FailsToCompile(network, CompileTarget.Inference("socres"), ("image", new Shape(1, 3, 6, 7))));
    }

    [Fact]
    public void A_missing_input_names_the_net_the_input_and_what_needs_it()
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        Assert.Equal("two-heads needs the input \"labels\" for loss_semantic.", NetAssert.FailsToCompile(network, CompileTarget.Train("loss_semantic"), ("image", new Shape(1, 3, 6, 7))));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public void An_input_of_other_channels_says_what_is_needed(int channels)
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        Assert.Equal($"two-heads: the input \"image\" needs 3 channels [N, 3, H, W], found 2x{channels}x6x7.", NetAssert.FailsToCompile(network, CompileTarget.Inference("semantic"), ("image", new Shape(2, channels, 6, 7))));
    }

    [Fact]
    public void An_input_without_four_axes_says_what_is_needed()
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        Assert.Equal("two-heads: the input \"image\" needs 3 channels [N, 3, H, W], found 3x6x7.", NetAssert.FailsToCompile(network, CompileTarget.Inference("semantic"), ("image", new Shape(3, 6, 7))));
    }

    [Fact]
    public void Training_without_a_loss_is_a_mistake_of_the_program()
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        Assert.Throws<InvalidOperationException>(() => network.Compile(CompileTarget.Train("semantic"), Image));
    }

    [Fact]
    public void What_an_output_does_not_need_is_left_out()
    {
        using var network = new Network(TwoHeads(), NetFixtures.Device("cpu"));

        // Inference of one head: neither the other head nor labels nor losses.
        CompiledNet inference = network.Compile(CompileTarget.Inference("semantic"), Image);
        Assert.Equal(["trunk", "relu", "semantic"], inference.Program.Operations.Select(o => o.Name));
        Assert.Equal(["image"], inference.Inputs.Keys);

        // Training of one head: nothing of the other, forward or backward.
        CompiledNet training = network.Compile(CompileTarget.Train("loss_geometric"), ImageAndLabels);
        Assert.DoesNotContain(training.Program.Operations, o => o.Name.Contains("semantic", StringComparison.Ordinal));
        Assert.Contains(training.Program.Operations, o => o is Conv2dBackwardWeight { Name: "trunk" });
    }

    [Fact]
    public void An_input_can_be_an_output() =>
        Assert.Equal([1f, 2], NetFixtures.Forward(
            new Network(NetFixtures.Graph("net", g => g.Output("y", g.Input("x", 1))), NetFixtures.Device("cpu")), "y", ("x", NetFixtures.Filled(new Shape(1, 1, 1, 2), 1, 2))).Span.ToArray());

    [Fact]
    public void Two_inputs_and_two_outputs_are_written_and_read_by_name()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(NetFixtures.Graph("net", g =>
        {
            GraphValue a = g.Input("a", 1);
            GraphValue b = g.Input("b", 1);
            g.Output("sum", g.Sum("s", a, b));
            g.Output("b_and_b", g.Sum("t", b, b));
        }), device);
        var shape = new Shape(1, 1, 1, 2);
        CompiledNet net = network.Compile(CompileTarget.Inference("b_and_b", "sum"), new Dictionary<string, Shape> { ["a"] = shape, ["b"] = shape });
        using var execution = net.Plan.Begin();
        execution.Write(net.Inputs["b"], [1f, 2]);
        execution.Write(net.Inputs["a"], [10f, 20]);
        execution.Run(TestContext.Current.CancellationToken);

        Assert.Equal([11f, 22], NetFixtures.Read(execution, net.Outputs["sum"]).Span.ToArray());
        Assert.Equal([2f, 4], NetFixtures.Read(execution, net.Outputs["b_and_b"]).Span.ToArray());
    }

    [Fact]
    public void The_gradients_of_two_losses_together_are_the_sum_of_each_alone()
    {
        using var device = NetFixtures.Device("reference");
        using var network = new Network(TwoHeads(), device);
        NetFixtures.Randomize(network);
        Dictionary<string, float[]> semantic = Gradients(network, "loss_semantic");
        Dictionary<string, float[]> geometric = Gradients(network, "loss_geometric");

        foreach ((string name, float[] both) in Gradients(network, "loss_semantic", "loss_geometric"))
        {
            float[] sum = [.. semantic[name].Zip(geometric[name], (a, b) => a + b)];
            float tolerance = both.Max(Math.Abs) / (1 << 20);
            Assert.All(both.Zip(sum), p => Assert.Equal(p.Second, p.First, tolerance));
        }
    }

    [Fact]
    public void The_parameters_stand_in_the_order_of_the_layers()
    {
        NetGraph graph = TwoHeads();

        Assert.Equal(["trunk.weight", "trunk.bias", "semantic.weight", "semantic.bias", "geometric.weight", "geometric.bias"], graph.Parameters.Select(p => p.Name));
        Assert.Equal(new Shape(4, 3, 3, 3), graph.Parameters[0].Shape);
    }

    private static Dictionary<string, float[]> Gradients(Network network, params string[] losses)
    {
        NetFixtures.ClearGradients(network);
        CompiledNet net = network.Compile(CompileTarget.Train(losses), ImageAndLabels);
        using var execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], NetFixtures.Random(ImageAndLabels["image"], "image").Span);
        execution.Write(net.Inputs["labels"], NetFixtures.Labels(ImageAndLabels["labels"], 3));
        execution.Run(TestContext.Current.CancellationToken);
        return NetFixtures.Gradients(network);
    }

    /// <summary>As for SIFT Flow: a semantic and a geometric head on one trunk. The image is an output too.</summary>
    private static NetGraph TwoHeads() => NetFixtures.Graph("two-heads", g =>
    {
        GraphValue image = g.Input("image", 3);
        GraphValue labels = g.Input("labels", 1, ElementType.Int32);
        GraphValue trunk = g.Relu("relu", g.Conv2d("trunk", image, 4, Conv2dParameters.Square(3, padding: 1)));
        GraphValue semantic = g.Conv2d("semantic", trunk, 5, Conv2dParameters.Square(1));
        GraphValue geometric = g.Conv2d("geometric", trunk, 3, Conv2dParameters.Square(1));
        g.Output("semantic", semantic);
        g.Output("geometric", geometric);
        g.Output("loss_semantic", g.SoftmaxCrossEntropyLoss("loss_semantic", semantic, labels));
        g.Output("loss_geometric", g.SoftmaxCrossEntropyLoss("loss_geometric", geometric, labels));
        g.Output("image", image);
    });
}
