using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

/// <summary>How gradients find their way through a graph: branches, sharing, freezing.</summary>
public sealed class GraphGradientTests
{
    private static readonly Shape Image = new(2, 3, 5, 6);

    [Fact]
    public void A_value_plus_itself_gets_both_gradients() => GradientCheck.Run(net =>
    {
        GraphValue x = net.Input("x", Image);
        net.Project(net.Graph.Sum("s", x, x), Image);
    });

    [Fact]
    public void A_value_used_twice_sums_its_gradients() => GradientCheck.Run(net =>
    {
        GraphBuilder g = net.Graph;
        GraphValue shared = g.Conv2d("shared", net.Input("x", Image), 4, Conv2dParameters.Square(3, padding: 1));
        GraphValue one = g.Conv2d("one", shared, 2, Conv2dParameters.Square(1));
        GraphValue two = g.Conv2d("two", shared, 2, Conv2dParameters.Square(3, padding: 1));
        net.Project(g.Sum("s", one, two), new Shape(2, 2, 5, 6));
    });

    [Fact]
    public void A_value_used_three_times_by_different_layers_sums_its_gradients() => GradientCheck.Run(net =>
    {
        GraphBuilder g = net.Graph;
        GraphValue shared = g.Relu("shared", g.Conv2d("c", net.Input("x", Image), 3, Conv2dParameters.Square(3, padding: 1)));
        GraphValue pooled = g.MaxPool2d("pool", shared, new MaxPool2dParameters(3, 1, 1));
        GraphValue up = g.Crop("crop", g.ConvTranspose2d("up", shared, 3, ConvTranspose2dParameters.Square(3), Initializer.Msra, Multipliers.Reference), shared, 1);
        net.Project(g.Sum("s", pooled, shared, up), Image);
    });

    [Fact]
    public void A_value_used_by_a_frozen_and_a_trainable_branch_gets_both_gradients() => GradientCheck.Run(net =>
    {
        GraphBuilder g = net.Graph;
        GraphValue shared = g.Conv2d("shared", net.Input("x", Image, frozen: true), 3, Conv2dParameters.Square(3, padding: 1));
        GraphValue frozen = g.Conv2d("frozen", shared, 3, Conv2dParameters.Square(1), multipliers: Multipliers.Frozen);
        GraphValue trainable = g.Conv2d("trainable", shared, 3, Conv2dParameters.Square(1));
        net.Project(g.Sum("s", frozen, trainable), Image);
    });

    [Fact]
    public void An_output_of_the_net_that_is_also_consumed_keeps_its_value_and_its_gradient() => GradientCheck.Run(net =>
    {
        // Project makes both values outputs: relu must not run in place over the first.
        GraphBuilder g = net.Graph;
        GraphValue inner = g.Conv2d("c", net.Input("x", Image), 3, Conv2dParameters.Square(1));
        net.Project(inner, Image);
        net.Project(g.Relu("r", inner), Image);
    });

    [Fact]
    public void Two_heads_on_one_trunk_add_their_weighted_losses() => GradientCheck.Run(
        net =>
        {
            // As for SIFT Flow: semantic and geometric classes from one trunk.
            GraphBuilder g = net.Graph;
            GraphValue trunk = g.Relu("r", g.Conv2d("trunk", net.Input("image", Image), 4, Conv2dParameters.Square(3, padding: 1)));
            var labels = new Shape(2, 1, 5, 6);
            GraphValue semantic = g.Conv2d("semantic", trunk, 5, Conv2dParameters.Square(1));
            GraphValue geometric = g.Conv2d("geometric", trunk, 3, Conv2dParameters.Square(1));
            net.Loss(g.SoftmaxCrossEntropyLoss("loss_semantic", semantic, net.Labels("semantic_labels", labels, 5), weight: 2), 2);
            net.Loss(g.SoftmaxCrossEntropyLoss("loss_geometric", geometric, net.Labels("geometric_labels", labels, 3), reduction: LossReduction.Sum, weight: 0.05f), 0.05f);
        });

    [Fact]
    public void A_small_fcn_with_a_skip_dropout_and_a_crop_has_right_gradients() => GradientCheck.Run(
        net =>
        {
            GraphBuilder g = net.Graph;
            GraphValue image = net.Input("image", new Shape(1, 2, 7, 6));
            GraphValue conv1 = g.Relu("relu1", g.Conv2d("conv1", image, 4, Conv2dParameters.Square(3, padding: 2)));
            GraphValue pool1 = g.MaxPool2d("pool1", conv1, new MaxPool2dParameters(2, 2, CeilMode: true));
            GraphValue conv2 = g.Relu("relu2", g.Conv2d("conv2", pool1, 5, Conv2dParameters.Square(3, padding: 1)));
            GraphValue pool2 = g.MaxPool2d("pool2", conv2, new MaxPool2dParameters(2, 2, CeilMode: true));
            GraphValue score = g.Conv2d("score", g.Dropout("drop", pool2, 0.3f), 3, Conv2dParameters.Square(1));
            GraphValue up = g.ConvTranspose2d("up", score, 3, ConvTranspose2dParameters.Square(4, 2, 1), Initializer.Bilinear, Multipliers.Reference);
            GraphValue skip = g.Conv2d("skip", pool1, 3, Conv2dParameters.Square(1));
            GraphValue fused = g.Sum("fuse", g.Crop("crop_up", up, skip, 0), skip);
            GraphValue fine = g.Crop("crop", g.ConvTranspose2d("up2", fused, 3, ConvTranspose2dParameters.Square(4, 2, 1), Initializer.Bilinear, Multipliers.Reference), image, 1);
            net.Loss(g.SoftmaxCrossEntropyLoss("loss", fine, net.Labels("labels", new Shape(1, 1, 7, 6), 3), reduction: LossReduction.Sum));
        },
        coordinatesPerTensor: 30);

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void A_parameter_shared_by_two_layers_sums_its_gradients(string deviceName)
    {
        // y = w (w x) with x = 3, w = 2: dy/dw = 2 w x = 12.
        var weight = new Parameter("shared.weight", new Shape(1, 1, 1, 1), Initializer.Constant(2));
        Assert.Equal(12, GradientOfProduct(deviceName, weight, weight)["shared.weight"][0]);

        var other = new Parameter("other.weight", new Shape(1, 1, 1, 1), Initializer.Constant(2));
        Dictionary<string, float[]> apart = GradientOfProduct(deviceName, weight, other);
        Assert.Equal((6, 6), (apart["shared.weight"][0], apart["other.weight"][0]));
    }

    [Fact]
    public void Gradients_accumulate_from_one_execution_to_the_next_until_they_are_reset()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(TrunkAndHead(Multipliers.Reference), device);
        NetFixtures.Randomize(network);
        Step(network);
        Dictionary<string, float[]> once = NetFixtures.Gradients(network);

        Step(network);

        foreach ((string name, float[] twice) in NetFixtures.Gradients(network))
        {
            // The second step adds its partial sums one by one to what is there, so the last bits may round another way.
            float tolerance = once[name].Max(Math.Abs) / (1 << 20);
            Assert.All(twice.Zip(once[name]), v => Assert.Equal(2 * v.Second, v.First, tolerance));
        }
    }

    [Fact]
    public void Before_a_frozen_trunk_there_is_no_backward_operation_and_no_gradient()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(TrunkAndHead(Multipliers.Frozen), device);

        string[] backward = Backward(Compiled(network));

        Assert.Equal(["loss: SoftmaxCrossEntropyLoss backward", "head: Conv2d backward weight"], backward);
        Assert.DoesNotContain(network.Graph.Parameters, p => p.Name.StartsWith("trunk", StringComparison.Ordinal) && p.IsTrainable);
        Step(network);
        Parameter frozen = network.Graph.Parameters[0];
        float[] gradient = new float[frozen.Shape.ElementCount];
        network.Gradient(frozen).Read(gradient);
        Assert.All(gradient, v => Assert.Equal(0, v));
    }

    [Fact]
    public void With_a_trainable_trunk_the_backward_pass_reaches_it_and_stops_at_the_image()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(TrunkAndHead(Multipliers.Reference), device);

        Assert.Equal(
            ["loss: SoftmaxCrossEntropyLoss backward", "head: Conv2d backward weight", "head: Conv2d backward input", "relu: ReLU backward", "trunk: Conv2d backward weight"],
            Backward(Compiled(network)));
    }

    [Fact]
    public void A_frozen_weight_with_a_trainable_bias_gets_the_gradient_of_the_bias_only()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(TrunkAndHead(new Multipliers(0, 2, 0, 0)), device);

        Conv2dBackwardWeight trunk = Assert.Single(Compiled(network).Program.Operations.OfType<Conv2dBackwardWeight>(), o => o.Name == "trunk");

        Assert.Null(trunk.GradWeight);
        Assert.Equal("trunk.bias.grad", trunk.GradBias?.Name);
    }

    [Fact]
    public void With_nothing_to_learn_there_is_no_backward_pass()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(TrunkAndHead(Multipliers.Frozen, Multipliers.Frozen), device);

        Assert.Empty(Backward(Compiled(network)));
    }

    [Fact]
    public void Multipliers_are_carried_to_the_parameters()
    {
        NetGraph graph = TrunkAndHead(new Multipliers(10, 20, 0.5f, 0.25f));

        Assert.Equal([("trunk.weight", 10f, 0.5f), ("trunk.bias", 20f, 0.25f), ("head.weight", 1f, 1f), ("head.bias", 2f, 0f)],
            graph.Parameters.Select(p => (p.Name, p.LearningRateMultiplier, p.DecayMultiplier)));
    }

    private static NetGraph TrunkAndHead(Multipliers trunk, Multipliers? head = null) => NetFixtures.Graph("net", g =>
    {
        GraphValue features = g.Relu("relu", g.Conv2d("trunk", g.Input("image", 3), 4, Conv2dParameters.Square(3, padding: 1), multipliers: trunk));
        GraphValue scores = g.Conv2d("head", features, 2, Conv2dParameters.Square(1), multipliers: head);
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", scores, g.Input("labels", 1, ElementType.Int32)));
    });

    private static CompiledNet Compiled(Network network) =>
        network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["image"] = Image, ["labels"] = new(2, 1, 5, 6) });

    private static string[] Backward(CompiledNet net) =>
        [.. net.Program.Operations.Where(o => o.Kind.Contains("backward", StringComparison.Ordinal)).Select(o => $"{o.Name}: {o.Kind}")];

    private static void Step(Network network)
    {
        CompiledNet net = Compiled(network);
        using var execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], NetFixtures.Random(Image, "image").Span);
        execution.Write(net.Inputs["labels"], NetFixtures.Labels(new Shape(2, 1, 5, 6), 2));
        execution.Run();
    }

    private static Dictionary<string, float[]> GradientOfProduct(string deviceName, Parameter first, Parameter second)
    {
        using var device = NetFixtures.Device(deviceName);
        NetGraph graph = NetFixtures.Graph("product", g =>
        {
            GraphValue inner = g.Add(new Conv2dLayer("first", Conv2dParameters.Square(1), first, null), 1, g.Input("x", 1));
            GraphValue outer = g.Add(new Conv2dLayer("second", Conv2dParameters.Square(1), second, null), 1, inner);

            g.Output("loss", g.Add(new ValueAsLoss("loss"), 1, outer, g.Input("one", 1)));
        });
        using var network = new Network(graph, device);
        network.Initialize(1);
        var shape = new Shape(1, 1, 1, 1);
        CompiledNet net = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["x"] = shape, ["one"] = shape });
        using var execution = net.Plan.Begin();
        execution.Write(net.Inputs["x"], [3f]);
        execution.Write(net.Inputs["one"], [1f]);
        execution.Run();
        return NetFixtures.Gradients(network);
    }

    /// <summary>Its first input is the loss, and the gradient is its second.</summary>
    private sealed class ValueAsLoss(string name) : Layer(name)
    {
        public override string Kind => "ValueAsLoss";

        public override bool IsLoss => true;

        public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0]];

        public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
        {
            ProgramValue output = context.NewValue(context.Inputs[0].Shape);
            context.Add(new ReluForward(Name, context.Inputs[0], output));
            return [output];
        }

        public override void Backward(BackwardContext context) => context.SetGradInput(0, context.Inputs[1]);
    }
}
