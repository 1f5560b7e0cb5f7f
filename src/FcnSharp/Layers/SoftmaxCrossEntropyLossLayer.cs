using System.Globalization;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>
/// Per-pixel softmax and cross-entropy (FCN, section 4): (logits [N, C, H, W], labels [N, 1, H, W]) -> [2]: the loss and the
/// number of pixels that count. Pixels labelled ignoreIndex are void. Backward: weight * (softmax - one-hot), over the number
/// of pixels when the reduction is the mean. With class weights each pixel counts as often as the weight of its label says, in
/// the mean too, and the loss has a third number: the sum of these weights.
/// </summary>
/// <param name="name">Unique in the net.</param>
/// <param name="ignoreIndex">The label of void pixels.</param>
/// <param name="reduction">Mean or sum over the pixels that count.</param>
/// <param name="weight">Factor of this loss when a net has several.</param>
/// <param name="classWeights">How much a pixel of each class counts, at least 0 each; null for 1.</param>
public sealed class SoftmaxCrossEntropyLossLayer(string name, int ignoreIndex = 255, LossReduction reduction = LossReduction.Mean, float weight = 1, IReadOnlyList<float>? classWeights = null) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "SoftmaxCrossEntropyLoss";

    /// <inheritdoc/>
    public override bool IsLoss => true;

    /// <summary>The label of void pixels.</summary>
    public int IgnoreIndex { get; } = ignoreIndex;

    /// <summary>Mean or sum over the pixels that count.</summary>
    public LossReduction Reduction { get; } = reduction;

    /// <summary>Factor of the gradient.</summary>
    public float Weight { get; } = weight;

    /// <summary>How much a pixel of each class counts; null for 1.</summary>
    public IReadOnlyList<float>? ClassWeights { get; } = classWeights is null ? null : [.. classWeights];

    private Shape LossShape => new(ClassWeights is null ? 2 : 3);

    /// <inheritdoc/>
    public override ElementType InputType(int index) => index == 1 ? ElementType.Int32 : ElementType.Float32;

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        Shape expected = new(inputs[0].N, 1, inputs[0].H, inputs[0].W);
        if (inputs[1] != expected)
        {
            throw new FcnSharpException($"Scores of shape {inputs[0]} need labels of shape {expected}, found {inputs[1]}: crop the scores to the size of the image.");
        }

        if (ClassWeights is { } w && (w.Count != inputs[0].C || !w.All(v => float.IsFinite(v) && v >= 0)))
        {
            string found = string.Join(", ", w.Select(v => v.ToString(CultureInfo.InvariantCulture)));
            throw new FcnSharpException($"Scores of {inputs[0].C} classes need {inputs[0].C} class weights, finite and at least 0, found {w.Count}: {found}.");
        }

        return [LossShape];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue loss = context.NewValue(LossShape);
        context.Add(new SoftmaxCrossEntropyForward(Name, IgnoreIndex, Reduction, context.Inputs[0], context.Inputs[1], loss) { ClassWeights = ClassWeights });
        return [loss];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new SoftmaxCrossEntropyBackward(Name, IgnoreIndex, Reduction, Weight, context.Inputs[0], context.Inputs[1], context.Outputs[0], context.NewGradInput(0)) { ClassWeights = ClassWeights });
        }
    }
}
