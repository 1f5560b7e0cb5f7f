using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class BatchNorm2dLayerTests
{
    private static readonly BatchNorm2dParameters Frozen = new(Frozen: true);

    [Theory]
    [InlineData(2, 3, 4, 3)]
    [InlineData(3, 2, 1, 1)]
    public void The_gradient_flows_through_the_batchs_statistics(int n, int c, int h, int w)
    {
        var shape = new Shape(n, c, h, w);

        GradientCheck.Run(net => net.Project(net.Graph.BatchNorm2d("bn", net.Input("x", shape)), shape));
    }

    [Fact]
    public void A_frozen_one_has_the_gradient_of_a_scale()
    {
        var shape = new Shape(2, 3, 4, 3);

        GradientCheck.Run(net => net.Project(net.Graph.BatchNorm2d("bn", net.Input("x", shape), Frozen), shape));
        GradientCheck.Run(net => net.Project(net.Graph.BatchNorm2d("bn", net.Input("x", shape), Frozen, Multipliers.Frozen), shape));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Inference_takes_the_running_estimates(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.BatchNorm2d("bn", g.Input("x", 1), new BatchNorm2dParameters(Epsilon: 1)))), device);
        network.Load(new Dictionary<string, Tensor>
        {
            ["bn.weight"] = new(new Shape(1), [3]),
            ["bn.bias"] = new(new Shape(1), [10]),
            ["bn.running_mean"] = new(new Shape(1), [2]),
            ["bn.running_var"] = new(new Shape(1), [3]),
        }, "test");

        Assert.Equal([10f, 13], NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 1, 1, 2), 2, 4))).Span.ToArray());
        Assert.Equal(2, network.ParameterCount);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void A_completed_step_moves_the_running_estimates_and_an_abandoned_one_does_not(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(Classifier(new BatchNorm2dParameters(Momentum: 0.5f)), device);
        network.Initialize(1);

        Train(network);
        network.DiscardBuffers();
        network.CommitBuffers();
        Assert.Equal([0f, 0, 1, 1], Estimates(network));

        Train(network);
        Assert.Equal([0f, 0, 1, 1], Estimates(network));
        network.CommitBuffers();
        network.CommitBuffers();

        // Channel 0 holds 0 2 4 6 (mean 3, unbiased variance 20/3), channel 1 four ones.
        float[] found = Estimates(network);
        Assert.Equal([1.5f, 0.5f, 0.5f + (float)(10.0 / 3), 0.5f], found);
    }

    [Fact]
    public void A_frozen_one_leaves_the_running_estimates()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(Classifier(Frozen), device);
        network.Initialize(1);

        Train(network);
        network.CommitBuffers();

        Assert.Equal([0f, 0, 1, 1], Estimates(network));
    }

    [Fact]
    public void A_solvers_step_completes_and_buffers_have_no_state()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(Classifier(new BatchNorm2dParameters()), device);
        network.Initialize(1);
        using var solver = new SgdSolver(network, 0.9f);

        Train(network);
        solver.ClearGradients();
        solver.Step(1, 0.1f, 0);
        Assert.Equal([0f, 0, 1, 1], Estimates(network));
        Train(network);
        solver.Step(2, 0.1f, 0);

        Assert.NotEqual([0f, 0, 1, 1], Estimates(network));
        Assert.Equal(["velocity/bn.weight", "velocity/bn.bias"], solver.Save().Select(s => s.Key));
    }

    [Fact]
    public void A_resumed_training_gives_the_same_bits_for_any_number_of_threads()
    {
        float[] Steps(int threads, bool resume)
        {
            using var workers = new WorkerPool(threads);
            using var device = new CpuDevice(workers);
            var network = new Network(Classifier(new BatchNorm2dParameters()), device);
            var solver = new SgdSolver(network, 0.9f);
            network.Initialize(1);
            for (int step = 1; step <= 4; step++)
            {
                Train(network);
                solver.Step(step, 0.1f, 0);
                if (resume && step == 2)
                {
                    (var weights, var state) = (network.Save().ToDictionary(), solver.Save().ToDictionary());
                    solver.Dispose();
                    network.Dispose();
                    network = new Network(Classifier(new BatchNorm2dParameters()), device);
                    solver = new SgdSolver(network, 0.9f);
                    network.Load(weights, "test");
                    solver.Load(state, "test");
                }
            }

            float[] all = [.. network.Save().SelectMany(t => t.Value.Span.ToArray())];
            solver.Dispose();
            network.Dispose();
            return all;
        }

        float[] expected = Steps(1, resume: false);
        TensorAssert.SameBits("resumed", expected, Steps(1, resume: true));
        TensorAssert.SameBits("3 threads", expected, Steps(3, resume: true));
    }

    [Fact]
    public void One_value_a_channel_is_refused_in_training_only()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(Classifier(new BatchNorm2dParameters()), device);
        var one = new Dictionary<string, Shape> { ["x"] = new(1, 2, 1, 1), ["labels"] = new(1, 1, 1, 1) };

        string message = Assert.Throws<FcnSharpException>(() => network.Compile(CompileTarget.Train("loss"), one)).Message;

        Assert.StartsWith("classifier, layer bn: Batch norm in training needs at least 2 values", message, StringComparison.Ordinal);
        Assert.NotNull(network.Compile(CompileTarget.Inference("loss"), one));
    }

    [Fact]
    public void Constant_channels_become_the_bias()
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(Classifier(new BatchNorm2dParameters()), device);
        network.Initialize(1);

        Assert.True(float.IsFinite(Train(network)));
        Assert.All(NetFixtures.Gradients(network).Values.SelectMany(g => g), g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void Impossible_settings_and_inputs_are_refused_with_the_layers_name()
    {
        using var device = NetFixtures.Device("cpu");
        var layer = new BatchNorm2dLayer("bn", new BatchNorm2dParameters(), new Parameter("w", new Shape(2), Initializer.Zero), new Parameter("b", new Shape(2), Initializer.Zero));
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Add(layer, 3, g.Input("x", 3)))), device);

        Assert.StartsWith("net, layer bn: The batch norm has 2 channels", NetAssert.FailsToCompile(network, CompileTarget.Inference("y"), ("x", new Shape(1, 3, 2, 2))), StringComparison.Ordinal);
        Assert.StartsWith("bad: ", Assert.Throws<FcnSharpException>(() => new BatchNorm2dLayer("bad", new BatchNorm2dParameters(Momentum: 2), layer.Weight, layer.Bias)).Message, StringComparison.Ordinal);
        Assert.StartsWith("bad: ", Assert.Throws<FcnSharpException>(() => new BatchNorm2dLayer("bad", new BatchNorm2dParameters(), layer.Weight, new Parameter("b", new Shape(3), Initializer.Zero))).Message, StringComparison.Ordinal);
    }

    private static NetGraph Classifier(BatchNorm2dParameters settings) => NetFixtures.Graph("classifier", g =>
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", g.BatchNorm2d("bn", g.Input("x", 2), settings), g.Input("labels", 1, ElementType.Int32))));

    private static float Train(Network network)
    {
        CompiledNet net = network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape> { ["x"] = new(2, 2, 1, 2), ["labels"] = new(2, 1, 1, 2) });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["x"], [0f, 2, 1, 1, 4, 6, 1, 1]);
        execution.Write(net.Inputs["labels"], [0, 1, 1, 1]);
        execution.Run(TestContext.Current.CancellationToken);
        return NetFixtures.Read(execution, net.Outputs["loss"]).Span[0];
    }

    private static float[] Estimates(Network network) =>
        [.. network.Save().Where(t => t.Key.Contains("running", StringComparison.Ordinal)).SelectMany(t => t.Value.Span.ToArray())];
}
