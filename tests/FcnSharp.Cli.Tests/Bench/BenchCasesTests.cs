using FcnSharp.Cli.Bench;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using Xunit;

namespace FcnSharp.Cli.Tests.Bench;

/// <summary>The list of what is timed: that it is what the nets have, and that every case is what its geometry says.</summary>
public sealed class BenchCasesTests
{
    [Fact]
    public void Names_are_unique_and_say_the_net()
    {
        Assert.Equal(BenchCases.All.Count, BenchCases.All.Select(c => c.Key).Distinct().Count());
        Assert.All(BenchCases.All, c => Assert.Matches("^(vgg16-500|googlenet-480x360|resnet50-224)/[a-z0-9_./]+$", c.Name));
        Assert.All(BenchCases.All, c => Assert.Contains(c.Pass, BenchPass.All));
    }

    [Fact]
    public void Every_operation_and_pass_is_used()
    {
        Assert.Equal(BenchOperations.All.Order(StringComparer.Ordinal), BenchCases.All.Select(c => c.Geometry.Operation).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(BenchPass.All.Order(StringComparer.Ordinal), BenchCases.All.Select(c => c.Pass).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("vgg16-500/", "conv2d", 13 + 2 + 3)]
    [InlineData("vgg16-500/", "max_pool2d", 5)]
    [InlineData("vgg16-500/", "conv_transpose2d", 3)]
    [InlineData("googlenet-480x360/", "conv2d", 57 + 3)]
    [InlineData("googlenet-480x360/", "max_pool2d", 4 + 9)]
    [InlineData("resnet50-224/", "conv2d", 53 + 1)]
    [InlineData("resnet50-224/", "batch_norm2d", 53)]
    [InlineData("resnet50-224/", "sum", 16)]
    public void Counts_add_up_to_the_layers_of_the_net(string net, string operation, int layers) =>
        Assert.Equal(layers, BenchCases.All.Where(c => c.Name.StartsWith(net, StringComparison.Ordinal) && c.Geometry.Operation == operation && c.Pass == "forward").Sum(c => c.Count));

    [Theory]
    [InlineData("vgg16-500/pool5 forward", 512, 16, 16)]
    [InlineData("vgg16-500/upscore8 forward", 21, 504, 504)]
    [InlineData("googlenet-480x360/conv1 backward-input", 3, 360, 480)]
    [InlineData("googlenet-480x360/pool4 forward", 832, 11, 15)]
    [InlineData("googlenet-480x360/3a/output forward", 256, 45, 60)]
    [InlineData("googlenet-480x360/upscore8 forward", 11, 360, 480)]
    [InlineData("resnet50-224/maxpool forward", 64, 56, 56)]
    [InlineData("resnet50-224/layer4.0.conv2 forward", 512, 7, 7)]
    [InlineData("googlenet-480x360/4a/output forward", 512, 22, 30)]
    [InlineData("googlenet-480x360/5b/output forward", 1024, 11, 15)]
    [InlineData("resnet50-224/layer3.0.downsample.0 forward", 1024, 14, 14)]
    [InlineData("resnet50-224/avgpool forward", 2048, 1, 1)]
    public void Results_have_the_shape_that_the_net_has_there(string key, int channels, int height, int width) =>
        Assert.Equal(new Shape(1, channels, height, width), Assert.Single(Write(Named(key)).Values, v => v.IsOutput).Shape);

    [Fact]
    public void Every_program_agrees_with_its_geometry()
    {
        foreach (BenchCase c in BenchCases.All)
        {
            using var device = new NoMemoryDevice();
            using var bench = new BenchProgram(c.Name, device);
            c.Write(bench);
            TensorProgram program = bench.Build();
            var input = new Shape([.. c.Geometry.Input]);

            Assert.NotEmpty(program.Operations);
            Assert.True(c.Geometry.Operation == "concat" || program.Values.Any(v => v.Shape == input), c.Key);
            Assert.Equal(c.Geometry.Relu, program.Operations is [Conv2dForward, ReluForward]);
            if (c.Geometry.Operation.StartsWith("conv", StringComparison.Ordinal) && c.Geometry.Operation != "concat")
            {
                Assert.True(program.Values.Any(v => v.Shape == new Shape([.. c.Geometry.Weight])), c.Key);
                Assert.True(program.Operations.Sum(o => o.MultiplyAdds) > 0, c.Key);
            }
        }
    }

    [Fact]
    public void Multiply_adds_are_worth_their_shapes() =>
        // 32 x 32 pixels, 512 channels out of 512 x 3 x 3.
        Assert.Equal(32L * 32 * 512 * 512 * 9, Write(Named("vgg16-500/conv5_1 forward")).Operations.Sum(o => o.MultiplyAdds));

    [Fact]
    public void Moved_bytes_leave_out_what_only_operations_exchange() =>
        // Input and output 512 x 32 x 32, weight 512 x 512 x 3 x 3, bias 512; not the map before ReLU.
        Assert.Equal(4L * (2 * 512 * 32 * 32 + 512 * 512 * 9 + 512), BenchRunner.MovedBytes(Write(Named("vgg16-500/conv5_1 forward"))));

    [Fact]
    public void One_geometry_is_timed_once()
    {
        var shape = new Shape(1, 2, 3, 3);
        BenchCase[] once = [.. BenchCases.Once("net/", [.. ElementCases.Sum("a", shape), .. ElementCases.Sum("b", shape), .. ElementCases.Sum("c", new Shape(1, 2, 3, 4))])];

        Assert.Equal([("net/a", 2), ("net/c", 1)], once.Select(c => (c.Name, c.Count)));
    }

    /// <summary>Each kind of case runs at a small size, on the device that is right by construction, and gives finite numbers.</summary>
    [Fact]
    public void Every_kind_of_case_runs_on_sensible_numbers()
    {
        var shape = new Shape(1, 3, 9, 9);
        BenchCase[] cases =
        [
            .. ConvolutionCases.Conv2d("conv", 4, shape, Conv2dParameters.Square(3, stride: 2, padding: 1)),
            .. ConvolutionCases.ConvTranspose2d("up", shape, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1)),
            .. PoolingCases.MaxPool2d("pool", shape, new MaxPool2dParameters(3, 2, 1, CeilMode: true)),
            .. PoolingCases.GlobalAvgPool2d("avgpool", shape),
            .. NormalizationCases.BatchNorm2d("bn", shape),
            .. NormalizationCases.LocalResponseNorm("lrn", shape),
            .. ElementCases.Relu("relu", shape),
            .. ElementCases.Dropout("drop", shape),
            .. ElementCases.Sum("sum", shape),
            .. ElementCases.Concat("concat", 9, 9, 1, 2),
            .. ElementCases.Resize("resize", shape, 20, 20),
            .. ElementCases.ArgMax("argmax", shape),
            .. ElementCases.SoftmaxArgMax("softmax_argmax", shape),
            .. ElementCases.SoftmaxLoss("loss", shape),
        ];
        Assert.Equal(BenchOperations.All.Order(StringComparer.Ordinal), cases.Select(c => c.Geometry.Operation).Distinct().Order(StringComparer.Ordinal));
        using var workers = new WorkerPool(1);
        foreach (BenchCase c in cases)
        {
            using var device = new CpuDevice(workers);
            using var bench = new BenchProgram(c.Name, device);
            c.Write(bench);
            TensorProgram program = bench.Build();
            using IDevicePlan plan = device.Plan(program);
            using IExecution execution = plan.Begin();
            bench.WriteData(execution);
            execution.Run(TestContext.Current.CancellationToken);
            execution.Run(TestContext.Current.CancellationToken);
            foreach (ProgramValue output in program.Values.Where(v => v.IsOutput && v.Type == ElementType.Float32))
            {
                float[] numbers = new float[output.Shape.ElementCount];
                execution.Read(output, numbers);
                Assert.True(numbers.All(float.IsFinite) && numbers.Any(n => n != 0), $"{c.Key} {output}");
            }
        }
    }

    private static BenchCase Named(string key) => Assert.Single(BenchCases.All, c => c.Key == key);

    private static TensorProgram Write(BenchCase c)
    {
        using var device = new NoMemoryDevice();
        using var bench = new BenchProgram(c.Name, device);
        c.Write(bench);
        return bench.Build();
    }

    /// <summary>Tensors without elements: programs of the real sizes are written in no time and no memory.</summary>
    private sealed class NoMemoryDevice : IDevice
    {
        public string Name => "none";

        public string Description => "no memory";

        public long MemoryBudget => 0;

        public IDeviceTensor Allocate(string name, Shape shape) => new NoMemoryTensor(name, shape);

        public IDevicePlan Plan(TensorProgram program) => throw new NotSupportedException();

        public void SgdStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor velocity, SgdCoefficients coefficients) => throw new NotSupportedException();

        public void AdamWStep(IDeviceTensor weight, IDeviceTensor gradient, IDeviceTensor firstMoment, IDeviceTensor secondMoment, AdamWCoefficients coefficients) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class NoMemoryTensor(string name, Shape shape) : IDeviceTensor
    {
        public string Name => name;

        public Shape Shape => shape;

        public void Read(Span<float> destination) => throw new NotSupportedException();

        public void WriteFrom(TensorSource source)
        {
        }

        public void Write(ReadOnlySpan<float> source)
        {
        }

        public void Fill(float value)
        {
        }

        public void Dispose()
        {
        }
    }
}
