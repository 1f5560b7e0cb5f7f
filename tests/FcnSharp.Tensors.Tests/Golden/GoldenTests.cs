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

/// <summary>PyTorch's numbers, made by make_golden.py in this folder: the reference device has to agree with them, too.</summary>
public sealed class GoldenTests
{
    private static readonly Dictionary<string, Tensor> Golden = Load();

    private static readonly Dictionary<string, ConvolutionCase> Convolutions = new()
    {
        ["conv"] = Conv("conv", new Conv2dParameters(2, 3) { StrideHeight = 2, PaddingHeight = 1, PaddingWidth = 2 }),
        ["conv_dilated_groups"] = Conv("conv_dilated_groups", new Conv2dParameters(3, 3) { StrideHeight = 2, StrideWidth = 2, PaddingHeight = 2, PaddingWidth = 3, DilationHeight = 2, DilationWidth = 3, Groups = 2 }),
        ["conv_depthwise"] = Conv("conv_depthwise", new Conv2dParameters(5, 3) { PaddingHeight = 4, PaddingWidth = 1, Groups = 5 }),
        ["up_fcn"] = Up("up_fcn", ConvTranspose2dParameters.Square(16, stride: 8, padding: 4)),
        ["up"] = Up("up", new ConvTranspose2dParameters(3, 4) { StrideHeight = 3, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 2, OutputPaddingHeight = 2, OutputPaddingWidth = 1 }),
        ["up_dilated_groups"] = Up("up_dilated_groups", new ConvTranspose2dParameters(3, 2) { StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1, OutputPaddingHeight = 2, OutputPaddingWidth = 1, DilationHeight = 3, DilationWidth = 2, Groups = 2 }),
    };

    public static TheoryData<string> ConvolutionNames => [.. Convolutions.Keys];

    [Theory]
    [MemberData(nameof(ConvolutionNames))]
    public void Convolutions_agree_with_PyTorch_forward_and_backward(string name)
    {
        ConvolutionCase c = Convolutions[name];
        var data = new ConvolutionData(Of(name, "input"), Of(name, "weight"), Of(name, "bias"), Of(name, "gradOutput"));
        Assert.Equal(Of(name, "output").Shape, c.Output);
        using var reference = new ReferenceDevice();
        ConvolutionRun size = ConvolutionRun.On(reference, c, data.Absolute());
        ForEachDevice(device =>
        {
            ConvolutionRun run = ConvolutionRun.On(device, c, data);
            TensorAssert.Within("output", c.Output, Of(name, "output").Span, run.Output, i => Tolerances.SumOfProducts(c.ForwardProducts, size.Output[i]));
            TensorAssert.Within("gradInput", c.Input, Of(name, "gradInput").Span, run.GradInput, i => Tolerances.SumOfProducts(c.BackwardInputProducts, size.GradInput[i]));
            TensorAssert.Within("gradWeight", c.Weight, Of(name, "gradWeight").Span, run.GradWeight, i => Tolerances.SumOfProducts(c.BackwardWeightProducts, size.GradWeight[i]));
            TensorAssert.Within("gradBias", c.Bias, Of(name, "gradBias").Span, run.GradBias, i => Tolerances.SumOfProducts(c.BackwardWeightProducts, size.GradBias[i]));
        });
    }

    [Theory]
    [InlineData("pool_ceil", 3, 2, 1, true)]
    [InlineData("pool_floor", 3, 2, 0, false)]
    [InlineData("pool_ceil_stride_3", 2, 3, 1, true)]
    public void Max_pooling_agrees_with_PyTorch_exactly(string name, int kernelSize, int stride, int padding, bool ceilMode)
    {
        var parameters = new MaxPool2dParameters(kernelSize, stride, padding, ceilMode);
        Tensor input = Of(name, "input");
        Tensor output = Of(name, "output");
        Assert.Equal(output.Shape, parameters.OutputShape(input.Shape));
        ForEachDevice(device =>
        {
            using var bench = new OperationBench(device);
            ProgramValue found = bench.Output(output.Shape);
            ProgramValue argMax = bench.Output(output.Shape, ElementType.Int32);
            ProgramValue gradInput = bench.Output(input.Shape);
            bench.Add(new MaxPool2dForward(name, parameters, bench.Input(input), found, argMax));
            bench.Add(new MaxPool2dBackward(name, parameters, bench.Input(Of(name, "gradOutput")), argMax, gradInput));
            bench.Run();
            TensorAssert.Exact("output", output.Shape, output.Span, bench.Floats(found));
            Assert.Equal(Integers(Of(name, "argMax")), bench.Integers(argMax));

            // At most nine windows share a winner.
            TensorAssert.Within("gradInput", input.Shape, Of(name, "gradInput").Span, bench.Floats(gradInput), _ => Tolerances.Roundings(9, 9 * 4));
        });
    }

    [Theory]
    [InlineData("loss_mean", 255, LossReduction.Mean)]
    [InlineData("loss_sum", 0, LossReduction.Sum)]
    public void Cross_entropy_agrees_with_PyTorch(string name, int ignoreIndex, LossReduction reduction)
    {
        Tensor logits = Of(name, "logits");
        int[] labels = Integers(Of(name, "labels"));
        double valid = labels.Count(l => l != ignoreIndex);
        double expected = Of(name, "loss").Span[0];
        double spread = logits.Span.ToArray().Max() - logits.Span.ToArray().Min();
        ForEachDevice(device =>
        {
            using var bench = new OperationBench(device);
            ProgramValue logitsValue = bench.Input(logits);
            ProgramValue labelsValue = bench.Input(Of(name, "labels").Shape, labels);
            ProgramValue loss = bench.Output(new Shape(2));
            ProgramValue gradLogits = bench.Output(logits.Shape);
            bench.Add(new SoftmaxCrossEntropyForward(name, ignoreIndex, reduction, logitsValue, labelsValue, loss));
            bench.Add(new SoftmaxCrossEntropyBackward(name, ignoreIndex, reduction, 1, logitsValue, labelsValue, loss, gradLogits));
            bench.Run();
            double pixels = reduction == LossReduction.Sum ? valid : 1;
            Assert.True(Math.Abs(bench.Floats(loss)[0] - expected) <= Tolerances.Loss(logits.Shape.C, spread, expected, pixels));
            Assert.Equal(valid, bench.Floats(loss)[1]);
            double scale = reduction == LossReduction.Mean ? 1 / valid : 1;
            TensorAssert.Within("gradLogits", logits.Shape, Of(name, "gradLogits").Span, bench.Floats(gradLogits), _ => Tolerances.Softmax(logits.Shape.C, spread, scale));
        });
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

    private static ConvolutionCase Conv(string name, Conv2dParameters parameters) =>
        new(name, Of(name, "input").Shape, Of(name, "weight").Shape.N, parameters, null);

    private static ConvolutionCase Up(string name, ConvTranspose2dParameters parameters) =>
        new(name, Of(name, "input").Shape, Of(name, "weight").Shape.C * parameters.Groups, null, parameters);

    private static Tensor Of(string name, string value) => Golden[$"{name}.{value}"];

    private static int[] Integers(Tensor tensor) => [.. tensor.Span.ToArray().Select(v => (int)v)];

    private static Dictionary<string, Tensor> Load()
    {
        using var file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "golden.safetensors"));
        return file.Entries.ToDictionary(e => e.Name, e => file.Read(e.Name, rejectNonFinite: true));
    }
}
