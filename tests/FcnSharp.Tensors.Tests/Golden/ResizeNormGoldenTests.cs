using FcnSharp.Formats;
using FcnSharp.Tensors.Devices;
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
