using FcnSharp.TestKit;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>
/// 1x1 convolutions of stride 1, which maps of 300 pixels or more get on planes as they lie and smaller ones on vectors of channels. Sizes lie around
/// pairs of vectors, runs of pixels, tiles of outputs and items.
/// </summary>
public sealed class PlaneConvolutionTests
{
    private static readonly ConvolutionCase[] All =
    [
        Conv("whole pairs", new Shape(1, 16, 16, 32), 32),
        Conv("a pixel over", new Shape(1, 17, 1, 513), 33),
        Conv("a pixel short, batch of 3", new Shape(3, 20, 7, 73), 47),
        Conv("as few pixels as planes get", new Shape(1, 19, 20, 15), 34),
        Conv("a batch of small maps", new Shape(8, 16, 5, 8), 40),
        Conv("tiles of all sizes", new Shape(1, 16, 20, 20), 14 * 3 + 12 + 8 + 6 + 4 + 2),
        Conv("an odd channel in the last tile", new Shape(1, 31, 19, 17), 57),
        Conv("many inputs: runs of the fewest pairs", new Shape(1, 900, 18, 17), 48),
        Conv("many outputs for few pixels", new Shape(1, 32, 18, 18), 260),
        Conv("few outputs: score layers", new Shape(1, 64, 9, 8), 21),
        Conv("few outputs of many", new Shape(1, 300, 30, 11), 11),
        Conv("2 groups, batch of 2", new Shape(2, 34, 19, 18), 64, groups: 2),
        Conv("small map: vectors of channels", new Shape(1, 130, 6, 7), 70),
        Conv("small map of many channels: vectors of channels of a worker's own", new Shape(1, 1400, 17, 17), 48),
        Conv("planes that lie a page apart, batch of 2", new Shape(2, 47, 32, 32), 70),
        Conv("planes that lie nearly a page apart", new Shape(1, 30, 3, 345), 33),
        Conv("several tiles of inputs an item", new Shape(1, 1000, 10, 11), 20),
        Conv("several pairs of vectors of outputs an item", new Shape(1, 200, 10, 11), 165),
        Conv("few outputs on many pixels", new Shape(1, 16, 40, 61), 21),
    ];

    public static TheoryData<string> Cases => [.. All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whole_numbers_give_exactly_the_reference_on_every_kernel_set_and_thread_count(string name) => ConvolutionChecks.WholeNumbersAreExact(Find(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Random_numbers_stay_within_the_rounding_bound_with_the_same_bits_for_any_thread_count(string name) => ConvolutionChecks.RandomNumbersStayWithinTheRoundingBound(Find(name));

    [Theory]
    [InlineData("a pixel short, batch of 3")]
    [InlineData("2 groups, batch of 2")]
    public void Gradients_of_two_runs_add_up_and_outputs_do_not(string name) => ConvolutionChecks.ParameterGradientsOfTwoRunsAddUp(Find(name));

    [Theory]
    [InlineData("a pixel over", false)]
    [InlineData("tiles of all sizes", false)]
    [InlineData("many outputs for few pixels", false)]
    [InlineData("2 groups, batch of 2", false)]
    [InlineData("small map: vectors of channels", false)]
    public void Constant_weights_packed_once_and_a_fused_relu_change_no_bit(string name, bool forAnyMap) => ConvolutionChecks.ConstantWeightsAndAFusedReluChangeNoBit(Find(name), forAnyMap);

    [Fact]
    public void What_lies_behind_the_last_pixel_of_a_plane_reaches_no_output()
    {
        // The last pair of a plane's vectors holds the next plane's first pixels; an infinity there must stay there.
        ConvolutionCase c = Conv("neighbours", new Shape(1, 16, 1, 301), 32);
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2);
            ConvolutionData data = ConvolutionData.Integers(c);
            Tensor input = data.Input;
            for (int channel = 0; channel < c.Input.C; channel++)
            {
                input[0, channel, 0, 0] = float.PositiveInfinity;
            }

            float[] output = ConvolutionRun.On(device, c, data).Output;
            for (int i = 0; i < output.Length; i++)
            {
                Assert.Equal(i % c.Output.W == 0, !float.IsFinite(output[i]));
            }
        }
    }

    [Theory]
    [InlineData(16, 32)]
    [InlineData(300, 45)]
    public void Parts_of_a_map_too_small_for_planes_have_the_bits_of_the_whole(int inputs, int outputs)
    {
        const int width = 400;
        const int part = 100;
        ConvolutionData data = ConvolutionData.Normal(Conv("whole", new Shape(1, inputs, 1, width), outputs));
        foreach (KernelSet kernels in CpuDevices.KernelSets)
        {
            using CpuDevice device = CpuDevices.Create(kernels, 2);
            ConvolutionRun whole = ConvolutionRun.On(device, Conv("whole", new Shape(1, inputs, 1, width), outputs), data);
            for (int left = 0; left < width; left += part)
            {
                ConvolutionCase c = Conv("part", new Shape(1, inputs, 1, part), outputs);
                var cut = new ConvolutionData(new Tensor(c.Input, Columns(data.Input.Span, left)), data.Weight, data.Bias, new Tensor(c.Output, Columns(data.GradOutput.Span, left)));
                ConvolutionRun run = ConvolutionRun.On(device, c, cut);
                TensorAssert.SameBits($"{kernels.Name} output from {left}", Columns(whole.Output, left), run.Output);
                TensorAssert.SameBits($"{kernels.Name} gradInput from {left}", Columns(whole.GradInput, left), run.GradInput);
            }
        }

        static float[] Columns(ReadOnlySpan<float> rows, int left)
        {
            var columns = new List<float>();
            for (int row = 0; row < rows.Length; row += width)
            {
                columns.AddRange(rows.Slice(row + left, part));
            }

            return [.. columns];
        }
    }

    [Fact]
    public void Constant_weights_serve_small_and_large_maps_one_after_the_other()
    {
        using CpuDevice device = CpuDevices.Create(KernelSet.Best, 2);
        var shape = new Shape(32, 16, 1, 1);
        using IDeviceTensor weight = device.Allocate("weight", shape);
        Tensor values = TestData.Integers(shape, 3, limit: 4);
        weight.Write(values.Span);
        foreach (int width in (int[])[299, 300, 100])
        {
            var builder = new ProgramBuilder("test") { ConstantParameters = true };
            ProgramValue x = builder.Input("x", new Shape(1, 16, 1, width));
            ProgramValue y = builder.Intermediate("y", new Shape(1, 32, 1, width));
            builder.Add(new Conv2dForward("conv", Conv2dParameters.Square(1), x, builder.Persistent(weight), null, y));
            builder.MarkOutput(y);
            using IDevicePlan plan = device.Plan(builder.Build());
            using IExecution execution = plan.Begin();
            execution.Write(x, [.. Enumerable.Repeat(1f, 16 * width)]);
            execution.Run(TestContext.Current.CancellationToken);
            float[] output = new float[32 * width];
            execution.Read(y, output);
            for (int channel = 0; channel < 32; channel++)
            {
                float sum = Enumerable.Range(0, 16).Sum(i => values.Span[channel * 16 + i]);
                Assert.All(output.AsSpan(channel * width, width).ToArray(), v => Assert.Equal(sum, v));
            }
        }
    }

    private static ConvolutionCase Conv(string name, Shape input, int outputs, int groups = 1) => new(name, input, outputs, Conv2dParameters.Square(1, groups: groups), null);

    private static ConvolutionCase Find(string name) => All.Single(c => c.Name == name);
}
