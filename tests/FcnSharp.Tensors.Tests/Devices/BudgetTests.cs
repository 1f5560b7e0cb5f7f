using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Tests.Cpu;
using Xunit;

namespace FcnSharp.Tensors.Tests.Devices;

public sealed class BudgetTests
{
    [Fact]
    public void A_plan_beyond_the_budget_says_what_it_needs_what_there_is_and_what_to_reduce()
    {
        using var device = new CpuDevice(memoryBudget: 100_000);
        using var net = new TrainingProgram(device);
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => device.Plan(net.Program));
        Assert.Matches(@"^little FCN needs [0-9.]+ kB of memory \(activations [0-9.]+ kB, (workspace [0-9.]+ .B, )?parameters [0-9.]+ kB\), but 100 kB are available: reduce the image size or the batch size\.$", error.Message);
        Assert.Equal(0, device.Arenas.IdleBytes);
    }

    [Fact]
    public void A_budget_of_exactly_what_is_needed_is_enough_and_a_byte_less_is_not()
    {
        using var pool = new WorkerPool(2);
        using var generous = new CpuDevice(pool);
        using var net = new TrainingProgram(generous);
        using IDevicePlan plan = generous.Plan(net.Program);
        using var exact = new CpuDevice(pool, memoryBudget: plan.Memory.TotalBytes);
        using var fits = exact.Plan(net.Program);
        Assert.Equal(plan.Memory, fits.Memory);
        using var less = new CpuDevice(pool, memoryBudget: plan.Memory.TotalBytes - 1);
        Assert.Contains("workspace", Assert.Throws<FcnSharpException>(() => less.Plan(net.Program)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 4 * 32 * 48 * (9 + 36))]
    [InlineData(5, 4 * 32 * 48 * 64)]
    public void Weights_in_the_layout_of_the_kernels_count_and_are_released_only_by_a_plan_that_fits(int kernel, long held)
    {
        // 3x3 keeps the weights beside their 36 points, 5x5, whose layout is that of all maps, its 64 points alone. Points of 48 inputs are no page apart, and have no gaps.
        Conv2dParameters p = Conv2dParameters.Square(kernel, padding: kernel / 2);
        using var pool = new WorkerPool(1);
        using var generous = new CpuDevice(pool);
        using IDeviceTensor measured = generous.Allocate("weight", new Shape(32, 48, kernel, kernel));
        using IDevicePlan plan = generous.Plan(Convolution(p, measured, constant: true));
        using IDevicePlan again = generous.Plan(Convolution(p, measured, constant: true));
        Assert.Equal(held, plan.Memory.PersistentBytes);
        Assert.Equal(plan.Memory, again.Memory);
        using var less = new CpuDevice(pool, memoryBudget: plan.Memory.TotalBytes - 1);
        using IDeviceTensor weight = less.Allocate("weight", measured.Shape);

        Assert.Contains("parameters", Assert.Throws<FcnSharpException>(() => less.Plan(Convolution(p, weight, constant: true))).Message, StringComparison.Ordinal);

        weight.Read(new float[weight.Shape.ElementCount]);
    }

    [Fact]
    public void A_layout_beyond_memory_is_refused_before_it_is_touched()
    {
        using var pool = new WorkerPool(1);
        using var device = new CpuDevice(pool, memoryBudget: 4 * 64 * 80 * 36 - 1);
        using IDeviceTensor weight = device.Allocate("weight", new Shape(64, 80, 3, 3));
        string message = Assert.Throws<FcnSharpException>(() => device.Plan(Convolution(Conv2dParameters.Square(3, padding: 1), weight, constant: true, side: 20))).Message;
        Assert.Equal("weight, laid out for the kernels, needs 737 kB of memory, but 737 kB are available: use a smaller net.", message);
    }

    [Fact]
    public void A_plan_that_needs_weights_in_their_own_layout_says_so_when_they_are_gone()
    {
        using var device = new CpuDevice(precision: Precision.Exact);
        using IDeviceTensor weight = device.Allocate("score", new Shape(32, 32, 5, 5));
        Conv2dParameters p = Conv2dParameters.Square(5, padding: 2);
        using IDevicePlan before = device.Plan(Convolution(p, weight, constant: false));
        using IDevicePlan frozen = device.Plan(Convolution(p, weight, constant: true));

        using IExecution execution = before.Begin();
        string message = Assert.Throws<InvalidOperationException>(() => execution.Run(TestContext.Current.CancellationToken)).Message;

        Assert.Equal("score is kept for inference only, in a layout of the device: it can be neither read nor written.", message);
        using IExecution runs = frozen.Begin();
        runs.Run(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Nets_of_hostile_size_are_refused_with_a_line_by_the_measured_budget()
    {
        using var device = new CpuDevice();
        foreach (Shape shape in HostileShapes())
        {
            foreach (TensorProgram program in Programs(shape))
            {
                Assert.Contains("reduce the image size", Assert.Throws<FcnSharpException>(() => device.Plan(program)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Sizes_beyond_32_bits_are_refused_with_a_line_however_much_memory_there_is()
    {
        using var device = new CpuDevice(memoryBudget: long.MaxValue);
        foreach (Shape shape in HostileShapes())
        {
            foreach (TensorProgram program in Programs(shape))
            {
                // Either it is refused with a line, or it is planned: never an overflow, nor a negative size.
                switch (Record.Exception(() => device.Plan(program)))
                {
                    case null:
                        using (IDevicePlan plan = device.Plan(program))
                        {
                            Assert.True(plan.Memory.ActivationBytes > 0 && plan.Memory.WorkspaceBytes >= 0 && plan.Memory.ArenaBytes > 0);
                        }

                        break;
                    case Exception e:
                        Assert.IsType<FcnSharpException>(e);
                        break;
                }
            }
        }
    }

    [Fact]
    public void A_parameter_beyond_memory_or_beyond_32_bits_is_refused_before_it_is_touched()
    {
        using var small = new CpuDevice(memoryBudget: 1000);
        Assert.Contains("needs 4.00 kB of memory, but 1.00 kB are available", Assert.Throws<FcnSharpException>(() => small.Allocate("weight", new Shape(1000))).Message, StringComparison.Ordinal);
        using var measured = new CpuDevice();
        Assert.Throws<FcnSharpException>(() => measured.Allocate("weight", new Shape(1 << 20, 1 << 20)));
        using var vast = new CpuDevice(memoryBudget: long.MaxValue);
        Assert.Throws<FcnSharpException>(() => vast.Allocate("weight", new Shape(2, int.MaxValue)));
    }

    [Fact]
    public void An_instruction_set_that_is_missing_is_refused_with_those_that_are_there()
    {
        foreach (KernelSet kernels in KernelSet.All.Where(s => !s.IsSupported))
        {
            Assert.Contains(KernelSet.Portable.Name, Assert.Throws<FcnSharpException>(() => new CpuDevice(kernels: kernels)).Message, StringComparison.Ordinal);
        }

        Assert.True(KernelSet.Best.IsSupported);
        using CpuDevice one = CpuDevices.Create(KernelSet.Portable, 1);
        Assert.Equal("portable128 kernels, 1 thread", one.Description);
    }

    private static TensorProgram Convolution(Conv2dParameters p, IDeviceTensor weight, bool constant, int side = 30)
    {
        var builder = new ProgramBuilder("one convolution") { ConstantParameters = constant };
        var input = new Shape(1, weight.Shape.C, side, side);
        ProgramValue output = builder.Intermediate("y", p.OutputShape(input, weight.Shape));
        builder.Add(new Conv2dForward("conv", p, builder.Input("x", input), builder.Persistent(weight), null, output));
        builder.MarkOutput(output);
        return builder.Build();
    }

    private static Shape[] HostileShapes() =>
    [
        new(1, 1, 50_000, 50_000 * 10),
        new(int.MaxValue, 2, 64, 64),
        new(1 << 20, 1 << 12, 1 << 10, 1 << 10),
        new(1, int.MaxValue, 1 << 13, 1 << 13),
    ];

    private static IEnumerable<TensorProgram> Programs(Shape shape)
    {
        yield return Build(shape, (b, input) => (shape, output => new ReluForward("relu", input, output)));
        yield return Build(shape, (b, input) =>
        {
            var parameters = new MaxPool2dParameters(2, 2);
            return (parameters.OutputShape(shape), output => new MaxPool2dForward("pool", parameters, input, output, null));
        });
        yield return Build(shape, (b, input) =>
        {
            var parameters = ConvTranspose2dParameters.Square(2, stride: 2, groups: shape.C);
            var weight = new Shape(shape.C, 1, 2, 2);
            return (parameters.OutputShape(shape, weight), output => new ConvTranspose2dForward("up", parameters, input, b.Input("weight", weight), null, output));
        });
        yield return Build(shape, (b, input) =>
            (new Shape(2), output => new SoftmaxCrossEntropyForward("loss", 255, LossReduction.Mean, input, b.Input("labels", new Shape(shape.N, 1, shape.H, shape.W), ElementType.Int32), output)));
        yield return Build(shape, (b, input) => (shape, output => new SoftmaxForward("softmax", input, output)));
        yield return Build(shape, (b, input) => (shape, output => new ScaleApply("scale", 2, input, output)));
        yield return Build(shape, (b, input) => (new Shape(shape.N, 1, shape.H, shape.W), output => new SliceChannels("slice", 0, input, output)));
        yield return Build(shape, (b, input) =>
        {
            var classes = new Shape(shape.N, 1, shape.H, shape.W);
            return (classes, output => new ClassifyPixelsForward("classify", input, b.Intermediate("classes", classes, ElementType.Int32), output));
        });
    }

    private static TensorProgram Build(Shape shape, Func<ProgramBuilder, ProgramValue, (Shape Output, Func<ProgramValue, Operation> Operation)> describe)
    {
        var builder = new ProgramBuilder("hostile");
        ProgramValue input = builder.Input("input", shape);
        (Shape outputShape, Func<ProgramValue, Operation> operation) = describe(builder, input);
        ProgramValue output = builder.Intermediate("output", outputShape);
        builder.Add(operation(output));
        builder.MarkOutput(output);
        return builder.Build();
    }
}
