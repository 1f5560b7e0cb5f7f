using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

/// <summary>Weights in and out, the cache of compiled sizes, threads, cancellation.</summary>
public sealed class NetworkTests : IDisposable
{
    private readonly IDevice _device = NetFixtures.Device("cpu");

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Saved_weights_load_into_another_network_and_give_the_same_bits()
    {
        using Network from = MiniFcn.Network(_device);
        using var to = new Network(MiniFcn.Graph(), _device);

        to.Load(from.Save().ToDictionary(), "memory");

        Assert.Equal(MiniFcn.Scores(from, 9, 10), MiniFcn.Scores(to, 9, 10));
        Assert.Equal(from.Graph.Parameters.Select(p => p.Name), from.Save().Select(t => t.Key));
        Assert.Equal(from.Graph.Parameters.Sum(p => p.Shape.ElementCount), from.ParameterCount);
    }

    [Fact]
    public void A_missing_an_unexpected_and_a_renamed_tensor_are_said_in_one_line_and_change_nothing()
    {
        AssertRefused(t => t.Remove("conv2.bias"), "file.safetensors does not fit mini: 1 missing (conv2.bias), use a file of the same net.");
        AssertRefused(t => t.Add("fc9.weight", new Tensor(new Shape(1))), "file.safetensors does not fit mini: 1 unexpected (fc9.weight), use a file of the same net.");
        AssertRefused(
            t =>
            {
                t.Remove("conv2.bias");
                t.Add("conv2.b", new Tensor(new Shape(16)));
            },
            "file.safetensors does not fit mini: 1 missing (conv2.bias), 1 unexpected (conv2.b), use a file of the same net.");
        AssertRefused(t => t.Clear(), "file.safetensors does not fit mini: 10 missing (conv1.weight, conv1.bias, conv2.weight, ...), use a file of the same net.");
    }

    [Fact]
    public void A_tensor_of_another_shape_is_said_in_one_line_and_changes_nothing() => AssertRefused(
        t => t["score.weight"] = new Tensor(new Shape(21, 16, 1, 1)),
        "file.safetensors: score.weight has the shape 21x16x1x1, mini needs 3x16x1x1; is it a file of another number of classes?");

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        float[] Weights(ulong seed)
        {
            using var network = new Network(MiniFcn.Graph(), _device);
            network.Initialize(seed);
            return [.. network.Save().SelectMany(t => t.Value.Span.ToArray())];
        }

        Assert.Equal(Weights(5), Weights(5));
        Assert.NotEqual(Weights(5), Weights(6));
    }

    [Fact]
    public void Compiled_sizes_are_remembered_up_to_8_and_the_least_recent_goes()
    {
        using Network network = MiniFcn.Network(_device);
        CompiledNet[] first = [.. Enumerable.Range(0, 8).Select(i => Compile(network, 8 + i))];
        Assert.Equal(8, network.CachedPlanCount);

        // Touch the oldest, then add one: the second oldest has to go.
        Assert.Same(first[0], Compile(network, 8));
        Compile(network, 30);

        Assert.Equal(8, network.CachedPlanCount);
        Assert.Same(first[0], Compile(network, 8));
        Assert.Same(first[7], Compile(network, 15));
        Assert.NotSame(first[1], Compile(network, 9));
        Assert.Equal(8, network.CachedPlanCount);
    }

    [Fact]
    public void Training_inference_and_other_outputs_of_one_size_are_compiled_apart()
    {
        using Network network = MiniFcn.Network(_device);
        Dictionary<string, Shape> shapes = MiniFcn.TrainingShapes(8, 8);

        CompiledNet[] nets =
        [
            network.Compile(CompileTarget.Inference("loss"), shapes), network.Compile(CompileTarget.Train("loss"), shapes),
            network.Compile(CompileTarget.Inference("scores"), shapes), network.Compile(CompileTarget.Inference("scores", "loss"), shapes),
        ];

        Assert.Equal(4, nets.Distinct().Count());
        Assert.Same(nets[1], network.Compile(CompileTarget.Train("loss"), shapes));
    }

    [Fact]
    public void An_evicted_size_still_runs_and_compiled_again_gives_the_same_bits()
    {
        using Network network = MiniFcn.Network(_device);
        float[] before = MiniFcn.Scores(network, 9, 10);
        CompiledNet held = network.Compile(CompileTarget.Inference("scores"), MiniFcn.InferenceShapes(9, 10));
        using IExecution execution = held.Plan.Begin();
        for (int i = 0; i < 12; i++)
        {
            MiniFcn.Scores(network, 11 + i, 8);
        }

        Assert.Equal(before, MiniFcn.Scores(network, 9, 10));
        execution.Write(held.Inputs["image"], NetFixtures.Random(new Shape(1, 3, 9, 10), "1x3x9x10").Span);
        execution.Run(TestContext.Current.CancellationToken);
        Assert.Equal(before, NetFixtures.Read(execution, held.Outputs["scores"]).Span.ToArray());
    }

    [Fact]
    public void Frozen_parameters_can_be_neither_trained_nor_read_nor_written()
    {
        using Network network = MiniFcn.Network(_device);
        Dictionary<string, Tensor> weights = network.Save().ToDictionary();
        network.Compile(CompileTarget.Train("loss"), MiniFcn.TrainingShapes(8, 8));
        network.FreezeParameters();

        Action[] refused =
        [
            () => network.Save(),
            () => network.Load(weights, "memory"),
            () => network.Initialize(1),
            () => network.Compile(CompileTarget.Train("loss"), MiniFcn.TrainingShapes(8, 8)),
        ];
        Assert.All(refused, action => Assert.Contains("mini is frozen for inference", Assert.Throws<InvalidOperationException>(action).Message, StringComparison.Ordinal));
        Assert.Equal(0, network.CachedPlanCount);
        Assert.NotEmpty(MiniFcn.Scores(network, 8, 8));
    }

    [Theory]
    [InlineData(Precision.Exact)]
    [InlineData(Precision.Fast)]
    public void Frozen_parameters_give_the_same_bits_as_before_for_several_sizes(Precision precision)
    {
        using var device = new CpuDevice(precision: precision, memoryBudget: 2_000_000_000);
        using Network network = MiniFcn.Network(device);
        (int Height, int Width)[] sizes = [(9, 10), (1, 1), (40, 31)];
        float[][] before = [.. sizes.Select(s => MiniFcn.Scores(network, s.Height, s.Width))];

        network.FreezeParameters();

        Assert.All(sizes.Zip(before), pair => Assert.Equal(pair.Second, MiniFcn.Scores(network, pair.First.Height, pair.First.Width)));
    }

    [Fact]
    public void Frozen_parameters_may_round_differently_in_fast_precision_because_their_tiles_may_be_smaller()
    {
        using var device = new CpuDevice(precision: Precision.Fast, memoryBudget: 2_000_000_000);
        using var network = new Network(NetFixtures.Graph("one", g => g.Output("y", g.Conv2d("c", g.Input("x", 16), 16, Conv2dParameters.Square(3, padding: 1)))), device);
        network.Initialize(1);
        (string, Tensor) input = ("x", NetFixtures.Random(new Shape(1, 16, 23, 30), "x"));
        float[] before = NetFixtures.Forward(network, "y", input).Span.ToArray();

        network.FreezeParameters();

        float[] after = NetFixtures.Forward(network, "y", input).Span.ToArray();
        TensorAssert.Close("frozen", before, after, Tolerances.Winograd);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Several_threads_with_mixed_sizes_get_the_bits_of_one()
    {
        using Network network = MiniFcn.Network(_device);
        (int Height, int Width)[] sizes = [.. Enumerable.Range(0, 11).Select(i => (7 + i, 19 - i))];
        float[][] expected = [.. sizes.Select(s => MiniFcn.Scores(network, s.Height, s.Width))];

        // More sizes than the cache holds, each thread in an order of its own.
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            for (int i = 0; i < 44; i++)
            {
                int size = ((i * (thread + 1)) + thread) % sizes.Length;
                Assert.Equal(expected[size], MiniFcn.Scores(network, sizes[size].Height, sizes[size].Width));
            }
        });

        Assert.Equal(8, network.CachedPlanCount);
    }

    [Fact]
    public void Executions_of_one_plan_in_flight_together_do_not_disturb_each_other()
    {
        using Network network = MiniFcn.Network(_device);
        CompiledNet net = network.Compile(CompileTarget.Inference("scores"), MiniFcn.InferenceShapes(9, 10));
        var shape = new Shape(1, 3, 9, 10);
        Tensor a = NetFixtures.Random(shape, "a"), b = NetFixtures.Random(shape, "b");
        using IExecution first = net.Plan.Begin();
        using IExecution second = net.Plan.Begin();
        first.Write(net.Inputs["image"], a.Span);
        second.Write(net.Inputs["image"], b.Span);
        first.Run(TestContext.Current.CancellationToken);
        second.Run(TestContext.Current.CancellationToken);

        Assert.Equal(NetFixtures.Forward(network, "scores", ("image", a)).Span.ToArray(), NetFixtures.Read(first, net.Outputs["scores"]).Span.ToArray());
        Assert.Equal(NetFixtures.Forward(network, "scores", ("image", b)).Span.ToArray(), NetFixtures.Read(second, net.Outputs["scores"]).Span.ToArray());
    }

    [Fact]
    public void A_training_step_gives_the_same_bits_for_1_to_4_threads()
    {
        (float Loss, Dictionary<string, float[]> Gradients) Step(int threads)
        {
            using var workers = new WorkerPool(threads);
            using var device = new CpuDevice(workers, memoryBudget: 2_000_000_000);
            using Network network = MiniFcn.Network(device);
            float loss = MiniFcn.Train(network, 61, 75, batch: 2, step: 3);
            return (loss, NetFixtures.Gradients(network));
        }

        (float loss, Dictionary<string, float[]> gradients) = Step(1);
        Assert.Equal(10, gradients.Count);
        for (int threads = 2; threads <= 4; threads++)
        {
            (float otherLoss, Dictionary<string, float[]> others) = Step(threads);
            Assert.Equal(BitConverter.SingleToInt32Bits(loss), BitConverter.SingleToInt32Bits(otherLoss));
            foreach ((string name, float[] gradient) in gradients)
            {
                Assert.Equal(gradient.Select(BitConverter.SingleToInt32Bits), others[name].Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [Fact]
    public void The_device_and_the_reference_agree_on_a_whole_training_step()
    {
        using IDevice reference = NetFixtures.Device("reference");
        using Network fast = MiniFcn.Network(_device);
        using Network naive = MiniFcn.Network(reference);

        Assert.Equal(MiniFcn.Train(naive, 13, 11, 2), MiniFcn.Train(fast, 13, 11, 2), 1e-6f);
        Dictionary<string, float[]> expected = NetFixtures.Gradients(naive);
        foreach ((string name, float[] gradient) in NetFixtures.Gradients(fast))
        {
            float tolerance = 1e-5f * expected[name].Max(Math.Abs);
            Assert.All(expected[name].Zip(gradient), p => Assert.Equal(p.First, p.Second, tolerance));
        }
    }

    [Fact]
    public void Cancelled_between_layers_the_network_remains_usable()
    {
        using Network network = MiniFcn.Network(_device);
        float loss = MiniFcn.Train(network, 12, 14);
        Dictionary<string, float[]> gradients = NetFixtures.Gradients(network);
        float[] scores = MiniFcn.Scores(network, 12, 14);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => MiniFcn.TrainUntil(network, 12, 14, 1, 0, cancelled.Token));
        for (int i = 0; i < 5; i++)
        {
            // At any moment: what was added to the gradients by then is reset before the next step, as a solver does.
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(i));
            try
            {
                MiniFcn.TrainUntil(network, 120, 140, 1, 0, soon.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        NetFixtures.ClearGradients(network);
        Assert.Equal(scores, MiniFcn.Scores(network, 12, 14));
        Assert.Equal(loss, MiniFcn.Train(network, 12, 14));
        Assert.All(NetFixtures.Gradients(network), g => Assert.Equal(gradients[g.Key], g.Value));
    }

    private static CompiledNet Compile(Network network, int height) =>
        network.Compile(CompileTarget.Inference("scores"), MiniFcn.InferenceShapes(height, 8));

    private void AssertRefused(Action<Dictionary<string, Tensor>> spoil, string message)
    {
        using Network network = MiniFcn.Network(_device);
        float[] before = [.. network.Save().SelectMany(t => t.Value.Span.ToArray())];
        Dictionary<string, Tensor> tensors = network.Save().ToDictionary(t => t.Key, t => new Tensor(t.Value.Shape));
        spoil(tensors);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => network.Load(tensors, "file.safetensors"));

        Assert.Equal(message, error.Message);
        Assert.Equal(before, network.Save().SelectMany(t => t.Value.Span.ToArray()));
    }
}
