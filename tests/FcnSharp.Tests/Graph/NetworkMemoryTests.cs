using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Graph;

/// <summary>What a net takes: planned before it is allocated, reused by liveness, and nothing new from step to step.</summary>
public sealed class NetworkMemoryTests
{
    private const int Side = 224;

    [Fact]
    public void A_vgg_like_chain_reuses_its_memory_and_inference_frees_what_training_keeps()
    {
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(VggLike(), device);

        PlanMemory inference = network.Compile(CompileTarget.Inference("scores"), Shapes(training: false)).Plan.Memory;
        PlanMemory training = network.Compile(CompileTarget.Train("loss"), Shapes(training: true)).Plan.Memory;

        // The largest moment of inference is a convolution of the first stage, input and output: two of its nine maps of full size.
        long fullMap = 16L * Side * Side * sizeof(float);
        Assert.InRange(inference.ActivationBytes, 2 * fullMap, (long)(2.1 * fullMap));
        Assert.True(inference.ActivationBytes < 0.35 * inference.UnsharedActivationBytes, $"inference: {inference}");

        // Training keeps every ReLU's output; it saves the convolutions' (in place) and the gradients' (two at a time).
        Assert.True(training.ActivationBytes < 0.5 * training.UnsharedActivationBytes, $"training: {training}");
        Assert.True(inference.ActivationBytes < 0.5 * training.ActivationBytes, $"inference {inference.ActivationBytes}, training {training.ActivationBytes}");
        Assert.True(training.PersistentBytes > inference.PersistentBytes, "gradients count");
    }

    [Fact]
    public void A_plan_that_does_not_fit_says_what_it_needs_and_what_to_reduce()
    {
        using var device = new CpuDevice(memoryBudget: 1_000_000);
        using var network = new Network(VggLike(), device);

        string message = NetAssert.FailsToCompile(network, CompileTarget.Train("loss"), ("image", new Shape(1, 3, Side, Side)), ("labels", new Shape(1, 1, Side, Side)));

        Assert.StartsWith($"Training of vgg-like on 1x3x{Side}x{Side}, 1x1x{Side}x{Side} needs ", message, StringComparison.Ordinal);
        Assert.Contains(" MB of memory (activations ", message, StringComparison.Ordinal);
        Assert.EndsWith("but 1.00 MB are available: reduce the image size or the batch size.", message, StringComparison.Ordinal);
        Assert.Equal(0, network.CachedPlanCount);
        Assert.Equal(network.Graph.Parameters.Count, network.Save().Count);
    }

    [Fact]
    public void Compiling_allocates_none_of_what_it_plans()
    {
        // Some hundred terabytes: where compiling took them, it could only fail.
        using var device = new ReferenceDevice(long.MaxValue);
        using var network = new Network(NetFixtures.Graph("huge", g => g.Output("y", g.Relu("r", g.Conv2d("c", g.Input("x", 3), 100, Conv2dParameters.Square(3, padding: 1))))), device);

        PlanMemory memory = network.Compile(CompileTarget.Inference("y"), new Dictionary<string, Shape> { ["x"] = new(1, 3, 1_000_000, 1_000_000) }).Plan.Memory;

        Assert.InRange(memory.ActivationBytes, 400_000_000_000_000, 500_000_000_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void After_the_first_steps_of_a_shape_a_training_step_allocates_nothing(int threads)
    {
        using var workers = new WorkerPool(threads);
        using var device = new CpuDevice(workers, memoryBudget: 2_000_000_000);
        using Network network = MiniFcn.Network(device);
        Dictionary<string, Shape> shapes = MiniFcn.TrainingShapes(33, 41, 2);
        CompileTarget target = CompileTarget.Train("loss");
        float[] image = NetFixtures.Random(shapes["image"], "image").Span.ToArray();
        int[] labels = NetFixtures.Labels(shapes["labels"], MiniFcn.Classes);
        float[] loss = new float[2];

        // Of this thread only: other tests run beside this one. The workers run the same kernels, which is what 1 thread shows.
        (long Run, long Around) Step()
        {
            long start = GC.GetAllocatedBytesForCurrentThread();
            CompiledNet net = network.Compile(target, shapes);
            using IExecution execution = net.Plan.Begin();
            execution.Write(net.Inputs["image"], image);
            execution.Write(net.Inputs["labels"], labels);
            long beforeRun = GC.GetAllocatedBytesForCurrentThread();
            execution.Run(CancellationToken.None);
            long afterRun = GC.GetAllocatedBytesForCurrentThread();
            execution.Read(net.Outputs["loss"], loss);
            execution.Dispose();
            return (afterRun - beforeRun, GC.GetAllocatedBytesForCurrentThread() - start - (afterRun - beforeRun));
        }

        Step();
        Step();
        (long Run, long Around)[] steps = [.. Enumerable.Range(0, 20).Select(_ => Step())];

        // Several threads may meet at a lock for the first time in any step: the runtime then makes what they wait on, once.
        int exceptions = threads == 1 ? 0 : 1;
        Assert.InRange(steps.Count(s => s != (0, 0)), 0, exceptions);
    }

    /// <summary>Three stages of three convolutions, each half as large and twice as wide as the one before.</summary>
    private static NetGraph VggLike() => NetFixtures.Graph("vgg-like", g =>
    {
        GraphValue value = g.Input("image", 3);
        GraphValue image = value;
        for (int stage = 1; stage <= 3; stage++)
        {
            for (int i = 1; i <= 3; i++)
            {
                value = g.Relu($"relu{stage}_{i}", g.Conv2d($"conv{stage}_{i}", value, 8 << stage, Conv2dParameters.Square(3, padding: 1)));
            }

            value = g.MaxPool2d($"pool{stage}", value, new MaxPool2dParameters(2, 2, CeilMode: true));
        }

        GraphValue scores = g.Crop("crop", g.ConvTranspose2d("up", g.Conv2d("score", value, 5, Conv2dParameters.Square(1)), 5, ConvTranspose2dParameters.Square(16, 8, 4)), image, 0);
        g.Output("scores", scores);
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", scores, g.Input("labels", 1, ElementType.Int32)));
    });

    private static Dictionary<string, Shape> Shapes(bool training)
    {
        Dictionary<string, Shape> shapes = new() { ["image"] = new(1, 3, Side, Side) };
        if (training)
        {
            shapes["labels"] = new(1, 1, Side, Side);
        }

        return shapes;
    }
}
