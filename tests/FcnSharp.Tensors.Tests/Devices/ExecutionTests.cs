using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.Tensors.Tests.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Devices;

public sealed class ExecutionTests
{
    [Fact]
    public void A_training_step_of_every_operation_allocates_nothing_after_the_first()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 3);
        using var net = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        var loss = new float[2];
        Allocations.AssertNone(() =>
        {
            using IExecution execution = plan.Begin();
            net.Run(execution);
            execution.Read(net.Loss, loss);
            device.SgdStep(net.Gradients[0], net.Gradients[0], net.Gradients[0], default);
        });
    }

    [Fact]
    public void Taking_an_arena_again_allocates_no_memory_of_the_arenas_size()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var net = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        Assert.Equal(0, device.Arenas.IdleBytes);
        for (int i = 0; i < 5; i++)
        {
            using IExecution execution = plan.Begin();
            net.Run(execution);
            Assert.Equal(0, device.Arenas.IdleBytes);
        }

        Assert.Equal(plan.Memory.ArenaBytes, device.Arenas.IdleBytes);
    }

    [Fact]
    public void Every_workspace_ends_where_the_arena_ends()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var net = new TrainingProgram(device);
        using var plan = (HostPlan)device.Plan(net.Program);
        for (int i = 0; i < plan.Program.Operations.Count; i++)
        {
            long bytes = device.CreateKernel(plan.Program.Operations[i], plan.Program.ConstantParameters).WorkspaceBytes;
            Assert.InRange(plan.Memory.ArenaBytes - plan.WorkspaceStarts[i], bytes, bytes + NativeBuffer.Alignment - 1);
            Assert.InRange(plan.WorkspaceStarts[i], plan.Memory.ActivationBytes, plan.Memory.ArenaBytes);
        }

        Assert.Contains(plan.Memory.ActivationBytes, plan.WorkspaceStarts);
    }

    [Fact]
    public void A_training_step_agrees_with_the_reference_and_has_the_same_bits_for_any_thread_count()
    {
        float[][] expected = Step(new ReferenceDevice());
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            float[][]? first = null;
            foreach (int threads in CpuDevices.ThreadCounts)
            {
                float[][] actual = Step(CpuDevices.Create(kernels, threads));
                first ??= actual;
                for (int i = 0; i < actual.Length; i++)
                {
                    TensorAssert.SameBits($"{kernels.Name}, {threads} threads, result {i}", first[i], actual[i]);

                    // Sums of at most 2 x 24 x 28 terms, each after some tens of roundings; their absolute sum stays below
                    // the number of terms times the largest, here bounded by the largest result seen.
                    double largest = expected[i].Max(Math.Abs);
                    TensorAssert.Within($"{kernels.Name} result {i}", new Shape(actual[i].Length), expected[i], actual[i], _ => Tolerances.SumOfProducts(2 * 24 * 28, largest));
                }
            }
        }

        static float[][] Step(HostDevice device)
        {
            using (device)
            {
                using var net = new TrainingProgram(device);
                using IDevicePlan plan = device.Plan(net.Program);
                CpuDevices.Poison(device, plan);
                using IExecution execution = plan.Begin();
                net.Run(execution);
                return [net.Results(execution), .. net.ParameterGradients()];
            }
        }
    }

    [Fact]
    public void A_plan_shares_memory_and_says_what_it_needs()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var net = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        Assert.Equal(0, device.Arenas.IdleBytes);
        Assert.InRange(plan.Memory.ActivationBytes, 1, plan.Memory.UnsharedActivationBytes - 1);
        Assert.True(plan.Memory.WorkspaceBytes > 0);
        Assert.Equal(2 * sizeof(float) * net.Gradients.Sum(g => g.Shape.ElementCount), plan.Memory.PersistentBytes);
        Assert.Equal(plan.Memory.ActivationBytes + plan.Memory.WorkspaceBytes, plan.Memory.ArenaBytes);
        Assert.Equal(plan.Memory.ArenaBytes + plan.Memory.PersistentBytes, plan.Memory.TotalBytes);
    }

    [Fact]
    public void Executions_in_flight_at_once_on_one_plan_give_the_bits_of_one_alone()
    {
        // Without operations that add to parameters' gradients, which executions share.
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 3);
        using var net = new InferenceProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        float[][] expected = [.. Enumerable.Range(0, 4).Select(image => net.Run(plan, image))];
        var failures = new List<string>();
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            for (int i = 0; i < 40; i++)
            {
                int image = (caller + i) % 4;
                if (!net.Run(plan, image).AsSpan().SequenceEqual(expected[image]))
                {
                    lock (failures)
                    {
                        failures.Add($"caller {caller}, image {image}");
                    }
                }
            }
        }))];
        Array.ForEach(callers, c => c.Start());
        Array.ForEach(callers, c => c.Join());
        Assert.Empty(failures);
        Assert.InRange(device.Arenas.IdleBytes, plan.Memory.ArenaBytes, 4 * plan.Memory.ArenaBytes);
    }

    [Fact]
    public void A_cancelled_token_stops_the_run_and_the_execution_can_run_again()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var net = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        using IExecution execution = plan.Begin();
        net.Run(execution);
        float[] expected = net.Results(execution);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => net.RunUntil(execution, cancelled.Token));
        net.Run(execution);
        TensorAssert.SameBits("after cancellation", expected, net.Results(execution));
    }

    [Fact]
    public void Cancellation_is_seen_between_two_operations()
    {
        using var source = new CancellationTokenSource();
        using var device = new ScriptedDevice(step =>
        {
            if (step == 3)
            {
                source.Cancel();
            }
        });
        using var net = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        using IExecution execution = plan.Begin();
        Assert.Throws<OperationCanceledException>(() => net.RunUntil(execution, source.Token));
        Assert.Equal(3, device.Executed);
    }

    [Fact]
    public void Wrong_values_types_and_lengths_are_refused()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        using var net = new TrainingProgram(device);
        using var other = new TrainingProgram(device);
        using IDevicePlan plan = device.Plan(net.Program);
        IExecution execution = plan.Begin();
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => execution.Write(net.Image, new float[5]));
        Assert.Equal("image has the shape 2x3x24x28, 4032 elements; found 5.", error.Message);
        Assert.Throws<FcnSharpException>(() => execution.Write(net.Labels, new int[7]));
        Assert.Throws<InvalidOperationException>(() => execution.Write(net.Image, new int[4032]));
        Assert.Throws<InvalidOperationException>(() => execution.Write(net.Labels, new float[1344]));
        Assert.Throws<InvalidOperationException>(() => execution.Write(net.Loss, new float[2]));
        Assert.Throws<InvalidOperationException>(() => execution.Write(other.Image, new float[4032]));
        Assert.Throws<InvalidOperationException>(() => execution.Read(net.Logits, new float[net.Logits.Shape.ElementCount]));
        Assert.Throws<InvalidOperationException>(() => execution.Read(net.Predicted, new float[1344]));
        Assert.Throws<FcnSharpException>(() => execution.Read(net.Loss, new float[3]));
        execution.Dispose();
        execution.Dispose();
        Assert.Throws<ObjectDisposedException>(() => execution.Run(TestContext.Current.CancellationToken));
        Assert.Throws<ObjectDisposedException>(() => execution.Write(net.Image, net.ImageData));
        Assert.Throws<ObjectDisposedException>(() => execution.Read(net.Loss, new float[2]));
        plan.Dispose();
        Assert.Throws<ObjectDisposedException>(plan.Begin);
    }

    /// <summary>A device whose kernels compute nothing and tell that they ran.</summary>
    private sealed class ScriptedDevice(Action<int> executed) : HostDevice(memoryBudget: null)
    {
        public override string Name => "scripted";

        public override string Description => "computes nothing";

        public int Executed { get; private set; }

        public override void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients) => throw new NotSupportedException();

        public override void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients) => throw new NotSupportedException();

        internal override IKernel CreateKernel(Operation operation, bool constantParameters) => new Kernel(this, executed);

        private sealed class Kernel(ScriptedDevice device, Action<int> executed) : IKernel
        {
            public long WorkspaceBytes => 0;

            public void Execute(KernelFrame frame) => executed(++device.Executed);
        }
    }
}
