using FcnSharp.Formats;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.Tensors.Tests.Cpu;
using FcnSharp.TestKit;
using Xunit;
using ElementType = FcnSharp.Tensors.Programs.ElementType;

namespace FcnSharp.Tensors.Tests.Golden;

/// <summary>PyTorch's numbers, made by make_pooling_golden.py in this folder: the reference device has to agree with them, too.</summary>
public sealed class PoolingGoldenTests
{
    private static readonly Dictionary<string, Tensor> Golden = Load();

    [Theory]
    [InlineData("avg_padded_ceil", 3, 2, 1, true, AvgPoolDivisor.PaddedWindow)]
    [InlineData("avg_valid_ceil", 3, 2, 1, true, AvgPoolDivisor.ValidPixels)]
    [InlineData("avg_padded_floor", 5, 1, 2, false, AvgPoolDivisor.PaddedWindow)]
    [InlineData("avg_valid_stride_3", 2, 3, 1, true, AvgPoolDivisor.ValidPixels)]
    public void Average_pooling_agrees_with_PyTorch(string name, int kernelSize, int stride, int padding, bool ceilMode, AvgPoolDivisor divisor)
    {
        var parameters = new AvgPool2dParameters(kernelSize, stride, padding, ceilMode, divisor);
        Assert.Equal(Of(name, "output").Shape, parameters.OutputShape(Of(name, "input").Shape));

        // A window's sum over its divisor is at most the largest number; a pixel's gradients are those of at most as many windows.
        long count = (long)kernelSize * kernelSize;
        Compare(
            name,
            (bench, input, gradOutput, output, gradInput) =>
            {
                bench.Add(new AvgPool2dForward(name, parameters, input, output));
                bench.Add(new AvgPool2dBackward(name, parameters, gradOutput, gradInput));
            },
            Tolerances.SumOfProducts(count, Largest(Of(name, "input"))),
            Tolerances.SumOfProducts(count, count * Largest(Of(name, "gradOutput"))));
    }

    [Theory]
    [InlineData("unpool", 2, 2, 0)]
    [InlineData("unpool_wide", 3, 3, 1)]
    public void Max_unpooling_agrees_with_PyTorch_exactly(string name, int kernelSize, int stride, int padding)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, CeilMode: true);
        Tensor argMax = Of(name, "argMax");
        Assert.Equal(argMax.Shape, parameters.OutputShape(Of(name, "output").Shape));
        Compare(
            name,
            (bench, input, gradOutput, output, gradInput) =>
            {
                ProgramValue indices = bench.Input(argMax.Shape, [.. argMax.Span.ToArray().Select(v => (int)v)]);
                bench.Add(new MaxUnpool2dForward(name, parameters, input, indices, output));
                bench.Add(new MaxUnpool2dBackward(name, parameters, gradOutput, indices, gradInput));
            },
            0,
            0);
    }

    [Theory]
    [InlineData("lrn_alexnet", 5, 1e-4f, 0.75f, 1)]
    [InlineData("lrn_strong", 5, 2, 0.75f, 1)]
    [InlineData("lrn_other", 3, 0.5f, 0.625f, 2)]
    public void Local_response_normalisation_agrees_with_PyTorch(string name, int size, float alpha, float beta, float k)
    {
        // With k of at least 1 no scale is below 1: outputs are at most the inputs. In the gradient alpha / size * input * output
        // / scale is at most 1, so that its terms are at most (1 + 2 beta size) gradients. PyTorch's alpha is a double: one rounding more.
        var parameters = new LocalResponseNormParameters(size, alpha, beta, k);
        int roundings = (int)Math.Ceiling(beta * (size + 5)) + 6;
        Compare(
            name,
            (bench, input, gradOutput, output, gradInput) =>
            {
                ProgramValue scale = bench.Intermediate(input.Shape);
                bench.Add(new LocalResponseNormForward(name, parameters, input, output, scale));
                bench.Add(new LocalResponseNormBackward(name, parameters, gradOutput, input, output, scale, gradInput));
            },
            Tolerances.Roundings(roundings, Largest(Of(name, "input"))),
            Tolerances.Roundings(roundings + 2 * size + 12, (1 + 2 * beta * size) * Largest(Of(name, "gradOutput"))));
    }

    private static void Compare(string name, Action<OperationBench, ProgramValue, ProgramValue, ProgramValue, ProgramValue> write, double outputBound, double gradientBound)
    {
        var devices = new List<IDevice> { new ReferenceDevice() };
        devices.AddRange(CpuDevices.KernelSets.Select(kernels => CpuDevices.Create(kernels, 2)));
        foreach (IDevice device in devices)
        {
            using (device)
            {
                using var bench = new OperationBench(device);
                ProgramValue output = bench.Output(Of(name, "output").Shape);
                ProgramValue gradInput = bench.Output(Of(name, "input").Shape);
                write(bench, bench.Input(Of(name, "input")), bench.Input(Of(name, "gradOutput")), output, gradInput);
                bench.Run();
                TensorAssert.Within("output", output.Shape, Of(name, "output").Span, bench.Floats(output), _ => outputBound);
                TensorAssert.Within("gradInput", gradInput.Shape, Of(name, "gradInput").Span, bench.Floats(gradInput), _ => gradientBound);
            }
        }
    }

    private static double Largest(Tensor tensor) => tensor.Span.ToArray().Max(Math.Abs);

    private static Tensor Of(string name, string value) => Golden[$"{name}.{value}"];

    private static Dictionary<string, Tensor> Load()
    {
        using var file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "pooling.safetensors"));
        return file.Entries.ToDictionary(e => e.Name, e => file.Read(e.Name, rejectNonFinite: true));
    }
}
