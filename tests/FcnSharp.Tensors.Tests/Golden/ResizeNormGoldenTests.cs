using FcnSharp.Formats;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.Tensors.Tests.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Golden;

/// <summary>PyTorch's numbers, made by make_golden_resize_norm.py in this folder.</summary>
public sealed class ResizeNormGoldenTests
{
    private static readonly Dictionary<string, Tensor> Golden = Load();

    [Theory]
    [InlineData("up", false)]
    [InlineData("up_aligned", true)]
    [InlineData("down", false)]
    [InlineData("down_aligned", true)]
    [InlineData("factor_3", false)]
    public void Bilinear_resizing_agrees_with_PyTorch(string name, bool align)
    {
        Tensor input = Of(name, "input");
        Tensor output = Of(name, "output");
        Tensor gradOutput = Of(name, "gradOutput");
        using var reference = new ReferenceDevice();
        float[][] size = Resize(reference, align, TestData.Absolute(input), TestData.Absolute(gradOutput));
        ForEachDevice(device =>
        {
            float[][] found = Resize(device, align, input, gradOutput);
            TensorAssert.Within("output", output.Shape, output.Span, found[0], i => Tolerances.SumOfProducts(6, size[0][i]));

            // At most 8 x 8 output pixels share an input pixel.
            TensorAssert.Within("gradInput", input.Shape, Of(name, "gradInput").Span, found[1], i => Tolerances.SumOfProducts(64, size[1][i]));
        });
    }

    [Theory]
    [InlineData("training", false)]
    [InlineData("frozen", true)]
    public void Batch_norm_agrees_with_PyTorch(string name, bool frozen)
    {
        var settings = new BatchNorm2dParameters(Momentum: 0.125f, Frozen: frozen);
        Tensor input = Of(name, "input");
        Shape shape = input.Shape;
        var channels = new Shape(shape.C);
        ForEachDevice(device =>
        {
            using var bench = new OperationBench(device);
            (ProgramValue x, ProgramValue g) = (bench.Input(input), bench.Input(Of(name, "gradOutput")));
            (ProgramValue weight, ProgramValue bias) = (bench.Parameter(Of(name, "weight")), bench.Parameter(Of(name, "bias")));
            (ProgramValue mean, ProgramValue variance) = (bench.Parameter(Of(name, "runningMean")), bench.Parameter(Of(name, "runningVariance")));
            (ProgramValue nextMean, ProgramValue nextVariance) = (bench.Gradient(channels), bench.Gradient(channels));
            (ProgramValue gradWeight, ProgramValue gradBias) = (bench.Gradient(channels), bench.Gradient(channels));
            (ProgramValue statistics, ProgramValue sums) = (bench.Output(new Shape(2, shape.C)), bench.Output(new Shape(2, shape.C)));
            (ProgramValue output, ProgramValue gradInput) = (bench.Output(shape), bench.Output(shape));
            bench.Add(frozen
                ? new BatchNorm2dRunningStatistics(name, settings, mean, variance, statistics)
                : new BatchNorm2dStatistics(name, settings, x, mean, variance, statistics, nextMean, nextVariance));
            bench.Add(new BatchNorm2dNormalize(name, x, statistics, weight, bias, output));
            bench.Add(new BatchNorm2dGradientSums(name, x, g, statistics, sums));
            bench.Add(new BatchNorm2dBackwardWeight(name, sums, gradWeight, gradBias));
            bench.Add(new BatchNorm2dBackwardInput(name, g, x, statistics, weight, frozen ? null : sums, gradInput));
            bench.Run();

            // Every value is a chain of at most 16 roundings of parts that are below 64 in size: inputs to 8, deviations to 5,
            // weights to 3; the sums have at most 90 terms, each to 16, with the roundings of the statistics only.
            TensorAssert.Within("output", shape, Of(name, "output").Span, bench.Floats(output), _ => Tolerances.Roundings(16, 64));
            TensorAssert.Within("gradInput", shape, Of(name, "gradInput").Span, bench.Floats(gradInput), _ => Tolerances.Roundings(16, 64));
            TensorAssert.Within("gradWeight", channels, Of(name, "gradWeight").Span, bench.Floats(gradWeight), _ => Tolerances.Roundings(4, 90 * 16));
            TensorAssert.Within("gradBias", channels, Of(name, "gradBias").Span, bench.Floats(gradBias), _ => Tolerances.Roundings(4, 90 * 16));
            if (!frozen)
            {
                TensorAssert.Within("mean", channels, Of(name, "newMean").Span, bench.Floats(nextMean), _ => Tolerances.Roundings(4, 8));
                TensorAssert.Within("variance", channels, Of(name, "newVariance").Span, bench.Floats(nextVariance), _ => Tolerances.Roundings(4, 16));
            }
        });
    }

    private static float[][] Resize(IDevice device, bool align, Tensor input, Tensor gradOutput)
    {
        using var bench = new OperationBench(device);
        ProgramValue output = bench.Output(gradOutput.Shape);
        ProgramValue gradInput = bench.Output(input.Shape);
        bench.Add(new BilinearResize2dForward("resize", align, bench.Input(input), output));
        bench.Add(new BilinearResize2dBackward("resize", align, bench.Input(gradOutput), gradInput));
        bench.Run();
        return [bench.Floats(output), bench.Floats(gradInput)];
    }

    private static void ForEachDevice(Action<IDevice> check)
    {
        using var reference = new ReferenceDevice();
        check(reference);
        foreach (Tensors.Cpu.KernelSet kernels in CpuDevices.KernelSets)
        {
            using Tensors.Cpu.CpuDevice device = CpuDevices.Create(kernels, 2);
            check(device);
        }
    }

    private static Tensor Of(string name, string value) => Golden[$"{name}.{value}"];

    private static Dictionary<string, Tensor> Load()
    {
        using var file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "golden_resize_norm.safetensors"));
        return file.Entries.ToDictionary(e => e.Name, e => file.Read(e.Name, rejectNonFinite: true));
    }
}
