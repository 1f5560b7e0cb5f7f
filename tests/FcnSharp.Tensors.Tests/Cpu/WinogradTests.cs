using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>
/// Convolutions that the fast precision computes by minimal filtering: maps of at least 40 pixels for 3x3
/// and 100 for 5x5, at least 16 channels on both sides. Sizes lie around whole tiles, strips and blocks of channels.
/// </summary>
public sealed class WinogradTests
{
    private static readonly ConvolutionCase[] All =
    [
        Conv("3x3, whole tiles of 4", new Shape(1, 16, 20, 20), 16, 3, padding: 1),
        Conv("3x3, odd channels and sizes, batch of 2", new Shape(2, 33, 17, 29), 41, 3, padding: 1),
        Conv("3x3, valid", new Shape(1, 20, 23, 70), 17, 3, padding: 0),
        Conv("3x3, padding 2 grows the map", new Shape(1, 16, 19, 66), 32, 3, padding: 2),
        Conv("3x3, padding 5: tiles that see only zeros", new Shape(1, 16, 12, 13), 16, 3, padding: 5),
        Conv("3x3, one row of many pixels", new Shape(1, 16, 1, 450), 16, 3, padding: 1),
        Conv("3x3, one column of many pixels", new Shape(1, 17, 450, 1), 16, 3, padding: 1),
        Conv("3x3, 2 groups", new Shape(1, 40, 21, 22), 64, 3, padding: 1, groups: 2),
        Conv("3x3, large map: tiles of 6", new Shape(1, 18, 103, 101), 16, 3, padding: 1),
        Conv("3x3, weights too many for one worker's cache", new Shape(1, 160, 22, 21), 200, 3, padding: 1),
        Conv("3x3, few pixels", new Shape(1, 36, 7, 6), 33, 3, padding: 1),
        Conv("3x3, tiles of 6 on a smaller map", new Shape(1, 24, 30, 23), 20, 3, padding: 1),
        Conv("5x5, few pixels", new Shape(1, 18, 10, 10), 34, 5, padding: 2),
        Conv("5x5, whole tiles of 4", new Shape(1, 16, 20, 20), 16, 5, padding: 2),
        Conv("5x5, odd channels and sizes, batch of 2", new Shape(2, 33, 17, 29), 41, 5, padding: 2),
        Conv("5x5, valid", new Shape(1, 20, 25, 74), 17, 5, padding: 0),
        Conv("5x5, padding 5 grows the map", new Shape(1, 16, 19, 64), 32, 5, padding: 5),
        Conv("5x5, 2 groups", new Shape(1, 40, 21, 22), 64, 5, padding: 2, groups: 2),
        Conv("5x5, weights too many for one worker's cache", new Shape(1, 120, 22, 21), 160, 5, padding: 2),
        Conv("7x7, valid", new Shape(1, 130, 13, 12), 34, 7, padding: 0),
        Conv("7x7, padding 3, batch of 2", new Shape(2, 128, 7, 9), 17, 7, padding: 3),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Minimal_filtering_agrees_with_the_definition_with_the_same_bits_for_any_thread_count(string name)
    {
        ConvolutionCase c = All.Single(x => x.Name == name);
        ConvolutionData data = ConvolutionData.Normal(c);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        Func<int, double>[] bounds = Bounds(c, data);
        CpuDevices.ForEach(
            (device, poison) =>
            {
                ConvolutionRun run = ConvolutionRun.On(device, c, data, prepare: poison);
                return [run.Output, run.GradInput, run.GradWeight, run.GradBias];
            },
            (kernels, actual) =>
            {
                TensorAssert.Close($"{kernels} output", expected.Output, actual[0], Tolerances.Winograd);
                TensorAssert.Close($"{kernels} gradInput", expected.GradInput, actual[1], Tolerances.Winograd);
                TensorAssert.Close($"{kernels} gradWeight", expected.GradWeight, actual[2], Tolerances.Winograd);
                TensorAssert.Within($"{kernels} output", c.Output, expected.Output, actual[0], bounds[0]);
                TensorAssert.Within($"{kernels} gradInput", c.Input, expected.GradInput, actual[1], bounds[1]);
                TensorAssert.Within($"{kernels} gradWeight", c.Weight, expected.GradWeight, actual[2], bounds[2]);
                ConvolutionRun exact = Exact(c, data, KernelSet.All.Single(k => k.Name == kernels));
                Assert.NotEqual(exact.Output, actual[0]);
                Assert.NotEqual(exact.GradWeight, actual[2]);
            },
            Precision.Fast);
    }

    public static TheoryData<string, int, int, int, int, int, int, int> SmallMaps => new()
    {
        { "7x7", 1, 36, 7, 7, 33, 1, 1 },
        { "odd sizes, batch of 2", 2, 17, 5, 9, 41, 1, 1 },
        { "valid, 2 groups", 1, 40, 9, 10, 64, 0, 2 },
        { "padding 2 grows the map", 1, 20, 5, 9, 16, 2, 1 },
        { "one row", 1, 20, 1, 44, 16, 1, 1 },
        { "weights too many for one worker's cache", 1, 160, 8, 7, 200, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(SmallMaps))]
    public void Constant_weights_on_small_maps_are_filtered_by_the_smallest_tile(string name, int images, int channels, int height, int width, int outputs, int padding, int groups)
    {
        ConvolutionCase c = Conv(name, new Shape(images, channels, height, width), outputs, 3, padding, groups);
        ConvolutionData data = ConvolutionData.Normal(c);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        MinimalFiltering transforms = MinimalFiltering.Of(2, 3);
        double[] output = transforms.Absolute().Forward(c, data.Absolute());
        double[] gradInput = transforms.Absolute().BackwardInput(c, data.Absolute());
        int plane = c.Output.H * c.Output.W;
        AssertTinyTiles(rules => rules.Forward, new ConvolutionSite(c.Convolution!, c.Weight, c.Output, ConstantWeights: true));
        AssertTinyTiles(rules => rules.BackwardInput, new ConvolutionSite(c.Convolution!, c.Weight, c.Input, ConstantWeights: true));
        CpuDevices.ForEach(
            (device, poison) =>
            {
                using var bench = new OperationBench(device, constantParameters: true);
                ProgramValue weight = bench.Parameter(data.Weight);
                ProgramValue y = bench.Output(c.Output);
                ProgramValue gradX = bench.Output(c.Input);
                bench.Add(new Conv2dForward(c.Name, c.Convolution!, bench.Input(data.Input), weight, bench.Parameter(data.Bias), y));
                bench.Add(new Conv2dBackwardInput(c.Name, c.Convolution!, bench.Input(data.GradOutput), weight, gradX));
                bench.Run(prepare: poison);
                return [bench.Floats(y), bench.Floats(gradX)];
            },
            (kernels, actual) =>
            {
                TensorAssert.Close($"{kernels} output", expected.Output, actual[0], Tolerances.Winograd);
                TensorAssert.Close($"{kernels} gradInput", expected.GradInput, actual[1], Tolerances.Winograd);
                TensorAssert.Within($"{kernels} output", c.Output, expected.Output, actual[0], i => Tolerances.MinimalFiltering(channels / groups, transforms, output[i] + Math.Abs(data.Bias.Span[i / plane % outputs])));
                TensorAssert.Within($"{kernels} gradInput", c.Input, expected.GradInput, actual[1], i => Tolerances.MinimalFiltering(outputs / groups, transforms, gradInput[i]));
            },
            Precision.Fast);
    }

    public static TheoryData<int, int, bool> Transforms => new() { { 3, 2, false }, { 2, 3, false }, { 4, 3, false }, { 4, 3, true }, { 6, 3, false }, { 6, 3, true }, { 4, 5, false }, { 4, 5, true }, { 2, 7, false }, { 2, 7, true } };

    [Theory]
    [MemberData(nameof(Transforms))]
    public void A_coefficient_that_is_off_by_a_hundredth_exceeds_the_measured_tolerance_and_one_of_the_wrong_sign_the_derived_bound(int outputs, int kernel, bool weights)
    {
        ConvolutionCase c = Conv("tolerance", new Shape(1, 6, 12, 13), 4, kernel, padding: kernel / 2);
        ConvolutionData data = ConvolutionData.Normal(c);
        MinimalFiltering transforms = weights ? MinimalFiltering.Of(kernel, outputs) : MinimalFiltering.Of(outputs, kernel);
        double[] Result(MinimalFiltering by, ConvolutionData of) => weights ? by.BackwardWeight(c, of) : by.Forward(c, of);
        double[] right = Result(transforms, data);
        using var reference = new ReferenceDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data with { Bias = new Tensor(c.Bias) });
        TensorAssert.Close("definition", weights ? expected.GradWeight : expected.Output, [.. right.Select(v => (float)v)], 1e-6);

        double size = Math.Sqrt(right.Sum(v => v * v) / right.Length);
        double[] bound = Result(transforms.Absolute(), data.Absolute());
        long count = weights ? Tiles(c.Output, outputs) : c.Input.C;
        foreach (double[,] matrix in (double[][,])[transforms.KernelMatrix, transforms.InputMatrix, transforms.BackMatrix])
        {
            for (int i = 0; i < matrix.Length; i++)
            {
                ref double coefficient = ref matrix[i / matrix.GetLength(1), i % matrix.GetLength(1)];
                if (coefficient != 0)
                {
                    double was = coefficient;
                    coefficient = was * 1.01;
                    double[] near = Result(transforms, data);
                    coefficient = -was;
                    double[] far = Result(transforms, data);
                    coefficient = was;
                    Assert.True(Enumerable.Range(0, right.Length).Max(k => Math.Abs(near[k] - right[k])) > Tolerances.Winograd * size, $"{i}: {was}");
                    Assert.Contains(Enumerable.Range(0, right.Length), k => Math.Abs(far[k] - right[k]) > Tolerances.MinimalFiltering(count, transforms, bound[k]));
                }
            }
        }
    }

    [Fact]
    public void Gradients_of_two_runs_add_up()
    {
        foreach (ConvolutionCase c in All.Where(c => c.Name is "3x3, valid" or "5x5, valid" or "7x7, valid"))
        {
            ConvolutionData data = ConvolutionData.Normal(c);
            foreach (KernelSet kernels in CpuDevices.KernelSets)
            {
                using CpuDevice device = CpuDevices.Create(kernels, 2, Precision.Fast);
                float[] once = ConvolutionRun.On(device, c, data).GradWeight;
                float[] twice = ConvolutionRun.On(device, c, data, times: 2).GradWeight;
                TensorAssert.Close(kernels.Name, once.Select(v => 2 * v).ToArray(), twice, 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(3, 1, 20)]
    [InlineData(7, 0, 12)]
    [InlineData(1, 0, 12)]
    [InlineData(5, 2, 12)]
    public void Relu_behind_a_convolution_is_fused_without_a_change_of_bits(int kernel, int padding, int size)
    {
        ConvolutionCase c = Conv("relu", new Shape(1, 24, size, size + 3), 20, kernel, padding);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2, Precision.Fast);
            float[] plain = ConvolutionChecks.Forward(device, c, relu: false, constant: false);
            float[] expected = [.. plain.Select(v => v < 0 ? 0 : v)];
            TensorAssert.SameBits($"{kernels.Name} fused", expected, ConvolutionChecks.Forward(device, c, relu: true, constant: false));
        }
    }

    [Theory]
    [InlineData(3, 1, 20)]
    [InlineData(7, 0, 12)]
    [InlineData(1, 0, 12)]
    public void Constant_weights_are_packed_once_and_can_then_no_longer_be_read_where_nothing_else_needs_them(int kernel, int padding, int size)
    {
        ConvolutionCase c = Conv("constant", new Shape(1, 24, size, size + 3), 40, kernel, padding);
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2, Precision.Fast);
        float[] changing = ConvolutionChecks.Forward(device, c, relu: false, constant: false);
        float[] constant = ConvolutionChecks.Forward(device, c, relu: false, constant: true, after: stored =>
        {
            if (kernel is 1 or 3)
            {
                // Maps of other sizes get another layout.
                stored.Read(new float[stored.Shape.ElementCount]);
            }
            else
            {
                Assert.Contains("inference only", Assert.Throws<InvalidOperationException>(() => stored.Read(new float[stored.Shape.ElementCount])).Message, StringComparison.Ordinal);
            }
        });
        TensorAssert.Close("constant", changing, constant, Tolerances.Winograd);
    }

    [Theory]
    [InlineData(21, 23, true)]
    [InlineData(21, 23, false)]
    [InlineData(20, 24, true)]
    [InlineData(103, 101, true)]
    [InlineData(5, 9, true, true)]
    [InlineData(5, 9, false, true)]
    public void Pooling_behind_a_convolution_is_fused_without_a_change_of_bits(int height, int width, bool ceil, bool constant = false)
    {
        var pool = new MaxPool2dParameters(2, 2, CeilMode: ceil);
        if (constant)
        {
            AssertTinyTiles(rules => rules.Forward, new ConvolutionSite(Conv2dParameters.Square(3, padding: 1), new Shape(19, 18, 3, 3), new Shape(2, 19, height, width), ConstantWeights: true));
        }

        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            foreach (bool relu in (bool[])[false, true])
            {
                using CpuDevice device = CpuDevices.Create(kernels, 2, Precision.Fast);
                float[] apart = Pooled(device, pool, height, width, relu, constant, keepUnpooled: true, out int operations);
                float[] fused = Pooled(device, pool, height, width, relu, constant, keepUnpooled: false, out int fewer);
                TensorAssert.SameBits($"{kernels.Name}, ReLU {relu}", apart, fused);
                Assert.Equal((2, 1), (operations, fewer));
            }
        }
    }

    private static void AssertTinyTiles(Func<ConvolutionRules, IReadOnlyList<ConvolutionRule>> pass, ConvolutionSite site) =>
        Assert.All(KernelSet.All, k => Assert.Equal(ConvolutionAlgorithm.TinyTiles, ConvolutionRules.Choose(pass(new ConvolutionRules(k.Blocked, Precision.Fast)), site)));

    /// <summary>Derived bounds of the elements of output, input gradient and weight gradient, each with the tile that its map gets.</summary>
    private static Func<int, double>[] Bounds(ConvolutionCase c, ConvolutionData data)
    {
        ConvolutionData size = data.Absolute();
        int kernel = c.Weight.H;
        var rules = new ConvolutionRules(KernelSet.Best.Blocked, Precision.Fast);
        int tileOfWeights = TileOf(rules.BackwardWeight, c, c.Output);
        MinimalFiltering forward = MinimalFiltering.Of(TileOf(rules.Forward, c, c.Output), kernel);
        MinimalFiltering backward = MinimalFiltering.Of(TileOf(rules.BackwardInput, c, c.Input), kernel);
        MinimalFiltering weights = MinimalFiltering.Of(kernel, tileOfWeights);
        double[] output = forward.Absolute().Forward(c, size);
        double[] gradInput = backward.Absolute().BackwardInput(c, size);
        double[] gradWeight = weights.Absolute().BackwardWeight(c, size);
        int plane = c.Output.H * c.Output.W;
        return
        [
            i => Tolerances.MinimalFiltering(c.Input.C / c.Groups, forward, output[i] + size.Bias.Span[i / plane % c.OutChannels]),
            i => Tolerances.MinimalFiltering(c.OutChannels / c.Groups, backward, gradInput[i]),
            i => Tolerances.MinimalFiltering(Tiles(c.Output, tileOfWeights), weights, gradWeight[i]),
        ];
    }

    /// <summary>The edge of the tiles of outputs that a map is cut into.</summary>
    private static int TileOf(IReadOnlyList<ConvolutionRule> rules, ConvolutionCase c, Shape map) =>
        ConvolutionRules.Choose(rules, new ConvolutionSite(c.Convolution!, c.Weight, map, ConstantWeights: false)).Scheme!.Outputs;

    private static long Tiles(Shape map, int tile) => (long)map.N * ((map.H + tile - 1) / tile) * ((map.W + tile - 1) / tile);

    private static float[] Pooled(CpuDevice device, MaxPool2dParameters pool, int height, int width, bool relu, bool constant, bool keepUnpooled, out int operations)
    {
        var input = new Shape(2, 18, height, width);
        var weight = new Shape(19, 18, 3, 3);
        Conv2dParameters p = Conv2dParameters.Square(3, padding: 1);
        var builder = new ProgramBuilder("test") { ConstantParameters = constant };
        using IDeviceTensor stored = device.Allocate("weight", weight);
        stored.Write(TestData.Normal(weight, 5, scale: 0.1).Span);
        ProgramValue x = builder.Input("x", input);
        ProgramValue y = builder.Intermediate("y", p.OutputShape(input, weight));
        builder.Add(new Conv2dForward("conv", p, x, builder.Persistent(stored), null, y));
        if (relu)
        {
            ProgramValue positive = builder.Intermediate("relu", y.Shape);
            builder.Add(new ReluForward("relu", y, positive));
            y = positive;
        }

        if (keepUnpooled)
        {
            builder.MarkOutput(y);
        }

        ProgramValue result = builder.Intermediate("pooled", pool.OutputShape(y.Shape));
        builder.Add(new MaxPool2dForward("pool", pool, y, result, null));
        builder.MarkOutput(result);
        using IDevicePlan plan = device.Plan(builder.Build());
        operations = ((HostPlan)plan).Program.Operations.Count;
        CpuDevices.Poison(device, plan);
        using IExecution execution = plan.Begin();
        execution.Write(x, TestData.Normal(input, 6).Span);
        execution.Run();
        float[] values = new float[result.Shape.ElementCount];
        execution.Read(result, values);
        return values;
    }

    private static ConvolutionRun Exact(ConvolutionCase c, ConvolutionData data, KernelSet kernels)
    {
        using CpuDevice device = CpuDevices.Create(kernels, 2);
        return ConvolutionRun.On(device, c, data);
    }

    private static ConvolutionCase Conv(string name, Shape input, int outChannels, int kernel, int padding, int groups = 1) =>
        new(name, input, outChannels, Conv2dParameters.Square(kernel, padding: padding, groups: groups), null);
}
