using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class BatchNormTests
{
    private static readonly BatchNorm2dParameters Usual = new();

    public static TheoryData<int, int, int, int> Cases => new()
    {
        { 2, 3, 4, 8 },
        { 1, 1, 1, 2 },
        { 2, 1, 1, 1 },
        { 1, 5, 7, 1 },
        { 3, 4, 5, 7 },
        { 2, 17, 9, 33 },
        { 1, 2, 50, 61 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_kernel_set_agrees_with_the_reference(int n, int c, int h, int w)
    {
        var shape = new Shape(n, c, h, w);
        var data = new Data(TestData.Normal(shape, 51, 2, 3), TestData.Normal(shape, 52), TestData.Normal(new Shape(2, c), 53), TestData.Normal(new Shape(c), 54), TestData.Normal(new Shape(c), 55));
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, data, null);
        (float[] x, float[] g, float[] s) = (data.Input.Span.ToArray(), data.GradOutput.Span.ToArray(), data.Statistics.Span.ToArray());
        int plane = h * w;
        double count = (double)n * plane;
        int Channel(int i) => i / plane % c;
        double Deviation(int i) => (Math.Abs(x[i]) + Math.Abs(s[Channel(i)])) * Math.Abs(s[c + Channel(i)]);
        double Weight(int i) => Math.Abs(data.Weight.Span[Channel(i)]);
        var absolute = new double[2 * c];
        for (int i = 0; i < x.Length; i++)
        {
            absolute[Channel(i)] += Math.Abs(g[i]);
            absolute[c + Channel(i)] += Math.Abs(g[i]) * Deviation(i);
        }

        CpuDevices.ForEach((device, poison) => Run(device, data, poison), (kernels, actual) =>
        {
            // Sums are double on both sides: what remains are the last roundings to float, each relative to its parts.
            TensorAssert.Within(kernels + " statistics", new Shape(2, c), expected[0], actual[0], i => Tolerances.Roundings(2, i < c ? 6 : expected[0][i]));
            TensorAssert.Within(kernels + " next mean", new Shape(c), expected[1], actual[1], i => Tolerances.Roundings(2, 6));
            TensorAssert.Within(kernels + " next variance", new Shape(c), expected[2], actual[2], i => Tolerances.Roundings(2, expected[2][i]));
            TensorAssert.Within(kernels + " output", shape, expected[3], actual[3], i => Tolerances.SumOfProducts(2, (Deviation(i) * Weight(i)) + Math.Abs(data.Bias.Span[Channel(i)])));
            TensorAssert.Within(kernels + " sums", new Shape(2, c), expected[4], actual[4], i => Tolerances.Roundings(3, absolute[i]));
            TensorAssert.Within(kernels + " gradInput", shape, expected[5], actual[5], i =>
            {
                double common = (absolute[Channel(i)] + (Deviation(i) * absolute[c + Channel(i)])) / count;
                return Tolerances.SumOfProducts(4, (Math.Abs(g[i]) + common) * Weight(i) * Math.Abs(s[c + Channel(i)]));
            });
            TensorAssert.Within(kernels + " frozen gradInput", shape, expected[6], actual[6], i => Tolerances.Roundings(4, expected[6][i]));
            TensorAssert.Within(kernels + " running statistics", new Shape(2, c), expected[7], actual[7], i => Tolerances.Roundings(2, expected[7][i]));
            Assert.Equal(actual[4][..c], actual[9]);
            Assert.Equal(actual[4][c..], actual[8]);
        });
    }

    [Fact]
    public void Integers_are_exact()
    {
        // 64 values a channel and powers of two everywhere: nothing is rounded but 1 / sqrt, in double on both sides.
        var shape = new Shape(2, 3, 4, 8);
        var data = new Data(TestData.Integers(shape, 61, 50), TestData.Integers(shape, 62, 9), new Tensor(new Shape(2, 3), [1, -2, 3, 0.5f, 2, 0.25f]), new Tensor(new Shape(3), [2, -1, 4]), new Tensor(new Shape(3), [5, 6, -7]));
        using var reference = new ReferenceDevice();
        float[][] expected = Run(reference, data, null);
        CpuDevices.ForEach((device, poison) => Run(device, data, poison), (kernels, actual) =>
        {
            Assert.Equal(expected[0], actual[0]);
            Assert.Equal(expected[3], actual[3]);
            Assert.Equal(expected[4], actual[4]);
            Assert.Equal(expected[6], actual[6]);
        });
    }

    [Fact]
    public void A_mean_far_from_zero_does_not_cancel_the_variance()
    {
        // 4096 and 4098 in turn: variance 1, which a difference of squares in float would lose.
        var input = new Tensor(new Shape(1, 1, 2, 8), [.. Enumerable.Range(0, 16).Select(i => 4096f + (2 * (i % 2)))]);
        var data = new Data(input, input.Clone(), new Tensor(new Shape(2, 1)), new Tensor(new Shape(1)), new Tensor(new Shape(1)));
        CpuDevices.ForEach((device, poison) => Run(device, data, poison), (_, actual) =>
        {
            Assert.Equal(4097, actual[0][0]);
            Assert.Equal((float)(1 / Math.Sqrt(1 + (double)1e-5f)), actual[0][1]);
        });
    }

    [Fact]
    public void Numbers_out_of_range_are_refused_with_a_line()
    {
        Assert.Throws<FcnSharpException>(() => new BatchNorm2dParameters(Epsilon: 0).Check());
        Assert.Throws<FcnSharpException>(() => new BatchNorm2dParameters(Epsilon: float.NaN).Check());
        Assert.Throws<FcnSharpException>(() => new BatchNorm2dParameters(Momentum: 1.5f).Check());
        Assert.Throws<FcnSharpException>(() => BatchNorm2dParameters.CheckBatch(new Shape(1, 9, 1, 1)));
        BatchNorm2dParameters.CheckBatch(new Shape(2, 9, 1, 1));
        Usual.Check();
    }

    [Fact]
    public void An_updated_tensor_is_written_once_and_not_read_afterwards()
    {
        using var device = new ReferenceDevice();
        using IDeviceTensor mean = device.Allocate("mean", new Shape(1)), variance = device.Allocate("variance", new Shape(1));
        var builder = new ProgramBuilder("net");
        ProgramValue input = builder.Input("input", new Shape(1, 1, 2, 2));
        (ProgramValue m, ProgramValue v) = (builder.Persistent(mean), builder.Persistent(variance));
        BatchNorm2dStatistics Statistics(string name) => new(name, Usual, input, builder.Input(name + "m", new Shape(1)), builder.Input(name + "v", new Shape(1)), builder.Intermediate("s", new Shape(2, 1)), m, v);

        builder.Add(Statistics("first"));
        Assert.Throws<InvalidOperationException>(() => builder.Add(Statistics("second")));
        Assert.Throws<InvalidOperationException>(() => builder.Add(new BatchNorm2dRunningStatistics("third", Usual, m, v, builder.Intermediate("s", new Shape(2, 1)))));
    }

    private static float[][] Run(IDevice device, Data data, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        Shape shape = data.Input.Shape;
        var channels = new Shape(shape.C);
        var pair = new Shape(2, shape.C);
        (ProgramValue x, ProgramValue g, ProgramValue s) = (bench.Input(data.Input), bench.Input(data.GradOutput), bench.Input(data.Statistics));
        (ProgramValue weight, ProgramValue bias) = (bench.Parameter(data.Weight), bench.Parameter(data.Bias));
        (ProgramValue mean, ProgramValue variance) = (bench.Parameter(TestData.Normal(channels, 56)), bench.Parameter(TestData.Absolute(TestData.Normal(channels, 57))));
        (ProgramValue nextMean, ProgramValue nextVariance) = (bench.Gradient(channels), bench.Gradient(channels));
        (ProgramValue gradWeight, ProgramValue gradBias) = (bench.Gradient(channels), bench.Gradient(channels));
        ProgramValue[] o = [bench.Output(pair), bench.Output(shape), bench.Output(pair), bench.Output(shape), bench.Output(shape), bench.Output(pair)];
        bench.Add(new BatchNorm2dStatistics("bn", Usual, x, mean, variance, o[0], nextMean, nextVariance));
        bench.Add(new BatchNorm2dNormalize("bn", x, s, weight, bias, o[1]));
        bench.Add(new BatchNorm2dGradientSums("bn", x, g, s, o[2]));
        bench.Add(new BatchNorm2dBackwardWeight("bn", o[2], gradWeight, gradBias));
        bench.Add(new BatchNorm2dBackwardInput("bn", g, x, s, weight, o[2], o[3]));
        bench.Add(new BatchNorm2dBackwardInput("bn", g, x, s, weight, null, o[4]));
        bench.Add(new BatchNorm2dRunningStatistics("bn", Usual, mean, variance, o[5]));
        bench.Run(prepare: prepare);
        return
        [
            bench.Floats(o[0]), bench.Floats(nextMean), bench.Floats(nextVariance), bench.Floats(o[1]), bench.Floats(o[2]),
            bench.Floats(o[3]), bench.Floats(o[4]), bench.Floats(o[5]), bench.Floats(gradWeight), bench.Floats(gradBias),
        ];
    }

    private sealed record Data(Tensor Input, Tensor GradOutput, Tensor Statistics, Tensor Weight, Tensor Bias);
}
