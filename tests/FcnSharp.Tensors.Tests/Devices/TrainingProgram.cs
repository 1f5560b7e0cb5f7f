using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;

namespace FcnSharp.Tensors.Tests.Devices;

/// <summary>A little FCN, forward and backward: every operation there is, with its parameters on a device.</summary>
internal sealed class TrainingProgram : IDisposable
{
    private const int Classes = 5;
    private readonly IDeviceTensor[] _parameters;

    public TrainingProgram(IDevice device, int height = 24, int width = 28, int batch = 2)
    {
        var b = new ProgramBuilder("little FCN");
        var shape = new Shape(batch, 3, height, width);
        Image = b.Input("image", shape);
        Labels = b.Input("labels", new Shape(batch, 1, height, width), ElementType.Int32);
        var conv = Conv2dParameters.Square(3, padding: 1);
        var pool = new MaxPool2dParameters(2, 2, 0, CeilMode: true);
        var up = ConvTranspose2dParameters.Square(4, stride: 2);
        _parameters =
        [
            Parameter(device, conv.WeightShape(3, 17), 1), Parameter(device, new Shape(17), 2),
            Parameter(device, up.WeightShape(17, Classes), 3), Parameter(device, new Shape(Classes), 4),
            Parameter(device, new Shape(Classes, 3, 1, 1), 5),
        ];
        Gradients = [.. _parameters.Select((p, i) => device.Allocate($"gradient{i}", p.Shape))];
        ProgramValue[] weights = [.. _parameters.Select(b.Persistent)];
        ProgramValue[] gradients = [.. Gradients.Select(b.Persistent)];

        var deep = new Shape(batch, 17, height, width);
        ProgramValue convolved = b.Intermediate("conv", deep);
        b.Add(new Conv2dForward("conv", conv, Image, weights[0], weights[1], convolved));
        ProgramValue active = b.Intermediate("relu", deep);
        b.Add(new ReluForward("relu", convolved, active));
        Shape small = pool.OutputShape(deep);
        ProgramValue pooled = b.Intermediate("pool", small);
        ProgramValue argMax = b.Intermediate("argMax", small, ElementType.Int32);
        b.Add(new MaxPool2dForward("pool", pool, active, pooled, argMax));
        ProgramValue dropped = b.Intermediate("dropout", small);
        b.Add(new DropoutApply("dropout", 0.5f, 3, pooled, dropped));
        Shape large = up.OutputShape(small, weights[2].Shape);
        ProgramValue upsampled = b.Intermediate("up", large);
        b.Add(new ConvTranspose2dForward("up", up, dropped, weights[2], weights[3], upsampled));
        Logits = b.Intermediate("score", new Shape(batch, Classes, height, width));
        ProgramValue cropped = b.Intermediate("crop", Logits.Shape);
        b.Add(new CropForward("crop", 1, 1, upsampled, cropped));
        ProgramValue skip = b.Intermediate("skip", Logits.Shape);
        b.Add(new Conv2dForward("skip", Conv2dParameters.Square(1), Image, weights[4], null, skip));
        b.Add(new SumForward("sum", [cropped, skip], Logits));
        Loss = b.Intermediate("loss", new Shape(2));
        b.Add(new SoftmaxCrossEntropyForward("loss", 255, LossReduction.Mean, Logits, Labels, Loss));
        Predicted = b.Intermediate("classes", Labels.Shape, ElementType.Int32);
        b.Add(new ArgMaxForward("classes", Logits, Predicted));

        ProgramValue gradLogits = b.Intermediate("gradLogits", Logits.Shape);
        b.Add(new SoftmaxCrossEntropyBackward("loss", 255, LossReduction.Mean, 1, Logits, Labels, Loss, gradLogits));
        b.Add(new Conv2dBackwardWeight("skip", Conv2dParameters.Square(1), Image, gradLogits, gradients[4], null));
        ProgramValue gradLarge = b.Intermediate("gradUp", large);
        b.Add(new CropBackward("crop", 1, 1, gradLogits, gradLarge));
        b.Add(new ConvTranspose2dBackwardWeight("up", up, dropped, gradLarge, gradients[2], gradients[3]));
        ProgramValue gradDropped = b.Intermediate("gradDropout", small);
        b.Add(new ConvTranspose2dBackwardInput("up", up, gradLarge, weights[2], gradDropped));
        ProgramValue gradPooled = b.Intermediate("gradPool", small);
        b.Add(new DropoutApply("dropout", 0.5f, 3, gradDropped, gradPooled));
        ProgramValue gradActive = b.Intermediate("gradRelu", deep);
        b.Add(new MaxPool2dBackward("pool", pool, gradPooled, argMax, gradActive));
        ProgramValue gradConvolved = b.Intermediate("gradConv", deep);
        b.Add(new ReluBackward("relu", gradActive, active, gradConvolved));
        b.Add(new Conv2dBackwardWeight("conv", conv, Image, gradConvolved, gradients[0], gradients[1]));
        GradImage = b.Intermediate("gradImage", shape);
        b.Add(new Conv2dBackwardInput("conv", conv, gradConvolved, weights[0], GradImage));
        foreach (ProgramValue output in (ProgramValue[])[Loss, Predicted, GradImage])
        {
            b.MarkOutput(output);
        }

        Program = b.Build();
        ImageData = TestData.Normal(shape, 301).Span.ToArray();
        LabelData = TestData.Labels(Labels.Shape.ElementCount, Classes, 302, 255);
    }

    public TensorProgram Program { get; }

    public ProgramValue Image { get; }

    public ProgramValue Labels { get; }

    public ProgramValue Logits { get; }

    public ProgramValue Loss { get; }

    public ProgramValue Predicted { get; }

    public ProgramValue GradImage { get; }

    public IDeviceTensor[] Gradients { get; }

    public float[] ImageData { get; }

    public int[] LabelData { get; }

    /// <summary>Writes the inputs and runs once.</summary>
    public void Run(IExecution execution) => RunUntil(execution, CancellationToken.None);

    /// <summary>Writes the inputs and runs once, or until the token is cancelled.</summary>
    public void RunUntil(IExecution execution, CancellationToken cancellation)
    {
        (execution.Seed, execution.Step) = (7, 1);
        execution.Write(Image, ImageData);
        execution.Write(Labels, LabelData);
        execution.Run(cancellation);
    }

    /// <summary>Loss and image gradient of an execution that has run.</summary>
    public float[] Results(IExecution execution)
    {
        var results = new float[2 + GradImage.Shape.ElementCount];
        execution.Read(Loss, results.AsSpan(0, 2));
        execution.Read(GradImage, results.AsSpan(2));
        return results;
    }

    /// <summary>The gradients of all parameters.</summary>
    public float[][] ParameterGradients() => [.. Gradients.Select(g =>
    {
        var data = new float[g.Shape.ElementCount];
        g.Read(data);
        return data;
    })];

    public void Dispose()
    {
        foreach (IDeviceTensor tensor in _parameters.Concat(Gradients))
        {
            tensor.Dispose();
        }
    }

    private static IDeviceTensor Parameter(IDevice device, Shape shape, ulong seed)
    {
        IDeviceTensor tensor = device.Allocate($"parameter{seed}", shape);
        tensor.Write(TestData.Normal(shape, 310 + seed, scale: 0.2).Span);
        return tensor;
    }
}
