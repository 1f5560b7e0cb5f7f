using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;

namespace FcnSharp.Tensors.Tests.Devices;

/// <summary>Two convolutions with a ReLU between them: executions of it may overlap.</summary>
internal sealed class InferenceProgram : IDisposable
{
    private static readonly Conv2dParameters Convolution = Conv2dParameters.Square(3, padding: 1);
    private readonly IDeviceTensor _first;
    private readonly IDeviceTensor _second;
    private readonly ProgramValue _input;
    private readonly ProgramValue _output;

    public InferenceProgram(IDevice device)
    {
        _first = device.Allocate("first", Convolution.WeightShape(3, 16));
        _second = device.Allocate("second", Convolution.WeightShape(16, 9));
        _first.Write(TestData.Normal(_first.Shape, 321).Span);
        _second.Write(TestData.Normal(_second.Shape, 322).Span);
        var b = new ProgramBuilder("inference");
        _input = b.Input("image", new Shape(1, 3, 33, 47));
        ProgramValue hidden = b.Intermediate("hidden", new Shape(1, 16, 33, 47));
        ProgramValue active = b.Intermediate("active", hidden.Shape);
        _output = b.Intermediate("output", new Shape(1, 9, 33, 47));
        b.Add(new Conv2dForward("first", Convolution, _input, b.Persistent(_first), null, hidden));
        b.Add(new ReluForward("relu", hidden, active));
        b.Add(new Conv2dForward("second", Convolution, active, b.Persistent(_second), null, _output));
        b.MarkOutput(_output);
        Program = b.Build();
    }

    public TensorProgram Program { get; }

    public float[] Run(IDevicePlan plan, int image)
    {
        using IExecution execution = plan.Begin();
        execution.Write(_input, TestData.Normal(_input.Shape, 330 + (ulong)image).Span);
        execution.Run();
        var output = new float[_output.Shape.ElementCount];
        execution.Read(_output, output);
        return output;
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }
}
