using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Programs;

/// <summary>Max-pooling forward: input -> output and, per output, the index y * W + x of the winner in its input plane (the first of equals).</summary>
public sealed record MaxPool2dForward(string Name, MaxPool2dParameters Parameters, ProgramValue Input, ProgramValue Output, ProgramValue? ArgMax)
    : Operation(Name, [Input], Conv2dBackwardWeight.Present(Output, ArgMax))
{
    /// <inheritdoc/>
    public override string Kind => "MaxPool2d forward";
}

/// <summary>Max-pooling backward: each gradOutput goes to the winner of its window; windows that share a winner add up.</summary>
public sealed record MaxPool2dBackward(string Name, MaxPool2dParameters Parameters, ProgramValue GradOutput, ProgramValue ArgMax, ProgramValue GradInput)
    : Operation(Name, [GradOutput, ArgMax], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "MaxPool2d backward";
}

/// <summary>output = max(input, 0), elementwise.</summary>
public sealed record ReluForward(string Name, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "ReLU forward";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>gradInput = gradOutput where the output is above 0, else 0. It needs the output only, so the forward pass can run in place.</summary>
public sealed record ReluBackward(string Name, ProgramValue GradOutput, ProgramValue Output, ProgramValue GradInput)
    : Operation(Name, [GradOutput, Output], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "ReLU backward";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>
/// Dropout: each element is zeroed with probability <paramref name="Ratio"/>, the others are divided by 1 - ratio. The mask is
/// a function of the execution's seed and step, of <paramref name="Stream"/> and of the element's position, so the backward
/// pass draws it again, and it is the same for any number of threads. Forward and backward are the same operation.
/// </summary>
public sealed record DropoutApply(string Name, float Ratio, ulong Stream, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Dropout";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>output[n, c, y, x] = input[n, c, y + OffsetY, x + OffsetX].</summary>
public sealed record CropForward(string Name, int OffsetY, int OffsetX, ProgramValue Input, ProgramValue Output)
    : Operation(Name, [Input], [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Crop forward";
}

/// <summary>Crop backward: gradOutput at its offset, zeros around it.</summary>
public sealed record CropBackward(string Name, int OffsetY, int OffsetX, ProgramValue GradOutput, ProgramValue GradInput)
    : Operation(Name, [GradOutput], [GradInput])
{
    /// <inheritdoc/>
    public override string Kind => "Crop backward";
}

/// <summary>output = sum of the terms, elementwise, in the order given. Also adds up the gradients of a value that is used twice.</summary>
public sealed record SumForward(string Name, IReadOnlyList<ProgramValue> Terms, ProgramValue Output)
    : Operation(Name, Terms, [Output])
{
    /// <inheritdoc/>
    public override string Kind => "Sum";

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>
/// Softmax over the channels and cross-entropy with a label a pixel:
/// (logits [N, C, H, W], labels Int32 [N, 1, H, W]) -> loss [2]: the loss, and the number of pixels that count.
/// Pixels whose label is <paramref name="IgnoreIndex"/> are void. A label outside of [0, C) that is not void makes the loss NaN;
/// the host checks labels before they come here. With <see cref="ClassWeights"/> the loss of a pixel is multiplied by the weight
/// of its label, the mean is over the sum of these weights, and the loss has a third number: that sum.
/// </summary>
public sealed record SoftmaxCrossEntropyForward(string Name, int IgnoreIndex, LossReduction Reduction, ProgramValue Logits, ProgramValue Labels, ProgramValue Loss)
    : Operation(Name, [Logits, Labels], [Loss])
{
    /// <inheritdoc/>
    public override string Kind => "SoftmaxCrossEntropyLoss forward";

    /// <summary>One weight for each class, at least 0; null for 1.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }
}

/// <summary>
/// gradLogits = weight * (softmax - one-hot), divided by the number of pixels that count when the reduction is the mean;
/// 0 at void pixels. <paramref name="Loss"/> is the forward pass's output, which carries that number. With
/// <see cref="ClassWeights"/> each pixel's gradient is multiplied by the weight of its label, and the mean is over their sum.
/// </summary>
public sealed record SoftmaxCrossEntropyBackward(string Name, int IgnoreIndex, LossReduction Reduction, float Weight, ProgramValue Logits, ProgramValue Labels, ProgramValue Loss, ProgramValue GradLogits)
    : Operation(Name, [Logits, Labels, Loss], [GradLogits])
{
    /// <inheritdoc/>
    public override string Kind => "SoftmaxCrossEntropyLoss backward";

    /// <summary>The forward pass's weights; null for 1.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <inheritdoc/>
    public override bool CanRunInPlace => true;
}

/// <summary>The class with the largest score at each pixel: scores [N, C, H, W] -> classes Int32 [N, 1, H, W]; the first of equals wins.</summary>
public sealed record ArgMaxForward(string Name, ProgramValue Scores, ProgramValue Classes)
    : Operation(Name, [Scores], [Classes])
{
    /// <inheritdoc/>
    public override string Kind => "ArgMax";
}
