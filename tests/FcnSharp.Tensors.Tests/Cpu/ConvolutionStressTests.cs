using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>
/// Geometries drawn by chance, many of them several small images: where items of work end within each other's vectors, a worker that
/// writes too much overwrites another's results now and then. Whole numbers are exact in any order, so every bit is compared.
/// </summary>
public sealed class ConvolutionStressTests
{
    private const int Batches = 6;
    private const int CasesPerBatch = 15;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Batches)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_geometry_gives_exactly_the_reference_for_any_thread_count(int seed)
    {
        var random = new Random(seed);
        using var reference = new ReferenceDevice();
        for (int i = 0; i < CasesPerBatch; i++)
        {
            ConvolutionCase c = i % 3 == 0 ? DrawPointwise(random, $"{seed}.{i}") : Draw(random, $"{seed}.{i}");
            ConvolutionData data = ConvolutionData.Integers(c);
            ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
            CpuDevices.ForEach((device, poison) => Passes(ConvolutionRun.On(device, c, data, prepare: poison)), (kernels, actual) =>
            {
                float[][] wanted = Passes(expected);
                Shape[] shapes = [c.Output, c.Input, c.Weight, c.Bias];
                for (int pass = 0; pass < wanted.Length; pass++)
                {
                    TensorAssert.Exact($"{Words(c)}: {kernels}, pass {pass}", shapes[pass], wanted[pass], actual[pass]);
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_geometry_has_the_same_bits_for_any_thread_count_by_minimal_filtering(int seed)
    {
        var random = new Random(1000 + seed);
        for (int i = 0; i < CasesPerBatch / 3; i++)
        {
            ConvolutionCase c = DrawTiled(random, $"{seed}.{i}");
            ConvolutionData data = ConvolutionData.Normal(c);
            using var reference = new ReferenceDevice();
            ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
            CpuDevices.ForEach(
                (device, poison) => Passes(ConvolutionRun.On(device, c, data, prepare: poison)),
                (kernels, actual) =>
                {
                    float[][] wanted = Passes(expected);
                    for (int pass = 0; pass < 3; pass++)
                    {
                        TensorAssert.Close($"{Words(c)}: {kernels}, pass {pass}", wanted[pass], actual[pass], Tolerances.Winograd);
                    }
                },
                Precision.Fast);
        }
    }

    /// <summary>Any convolution or transposed convolution that has an output, of few enough products for the reference.</summary>
    private static ConvolutionCase Draw(Random random, string name)
    {
        while (true)
        {
            int kernel = random.Next(4) == 0 ? random.Next(2, 8) : random.Next(2) == 0 ? 1 : 3;
            int groups = random.Next(5) == 0 ? random.Next(2, 5) : 1;
            int inputs = Channels(random) * groups;
            int outputs = random.Next(8) == 0 ? inputs : Channels(random) * groups;
            groups = outputs == inputs && random.Next(2) == 0 ? inputs : groups;
            var input = new Shape(random.Next(1, 7), inputs, random.Next(1, 20), random.Next(1, 40));
            int stride = random.Next(3) == 0 ? random.Next(2, 5) : 1;
            int dilation = random.Next(6) == 0 ? 2 : 1;
            int padding = random.Next(2) == 0 ? random.Next(kernel) : 0;
            ConvolutionCase c = random.Next(4) > 0
                ? new ConvolutionCase(name, input, outputs, Conv2dParameters.Square(kernel, stride, padding, dilation, groups), null)
                : new ConvolutionCase(name, input, outputs, null, ConvTranspose2dParameters.Square(kernel * (random.Next(3) == 0 ? 2 : 1), stride, Math.Min(padding, kernel / 2), dilation, groups, random.Next(stride)));
            try
            {
                if (c.Output.ElementCount * c.ForwardProducts < 3_000_000)
                {
                    return c;
                }
            }
            catch (FcnSharpException)
            {
                // No output at all: drawn again.
            }
        }
    }

    /// <summary>1x1 kernels over several small images, whose ends lie within what one item computes.</summary>
    private static ConvolutionCase DrawPointwise(Random random, string name)
    {
        var input = new Shape(random.Next(2, 10), random.Next(16, 140), random.Next(1, 9), random.Next(1, 12));
        return new ConvolutionCase(name, input, random.Next(16, 140), Conv2dParameters.Square(1), null);
    }

    /// <summary>Convolutions of kernels and channels that minimal filtering computes, when all images together are large enough.</summary>
    private static ConvolutionCase DrawTiled(Random random, string name)
    {
        int kernel = random.Next(4) == 0 ? 7 : 3;
        int images = random.Next(1, 6);
        int edge = kernel == 7 ? 8 : 24;
        var input = new Shape(images, random.Next(16, 40), random.Next(kernel, edge), random.Next(kernel, edge));
        return new ConvolutionCase(name, input, random.Next(16, 40), Conv2dParameters.Square(kernel, padding: random.Next(kernel)), null);
    }

    /// <summary>Around the lengths of vectors and tiles, where mistakes are.</summary>
    private static int Channels(Random random) => random.Next(3) switch
    {
        0 => random.Next(1, 8),
        1 => random.Next(8, 72),
        _ => 16 * random.Next(1, 6) + random.Next(-1, 2),
    };

    private static string Words(ConvolutionCase c) => $"{c.Name}: {c.Input} to {c.OutChannels}, {c.Convolution?.ToString() ?? c.Transposed!.ToString()}";

    private static float[][] Passes(ConvolutionRun run) => [run.Output, run.GradInput, run.GradWeight, run.GradBias];
}
