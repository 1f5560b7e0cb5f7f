using FcnSharp.Tensors;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Layers;

/// <summary>Rectified linear unit: output = max(input, 0). Backward: gradInput = gradOutput where the output is above 0, else 0.</summary>
public sealed class ReluLayer(string name) : Layer(name)
{
    /// <inheritdoc/>
    public override string Kind => "ReLU";

    /// <inheritdoc/>
    public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProgramValue output = context.NewValue(context.Inputs[0].Shape);
        context.Add(new ReluForward(Name, context.Inputs[0], output));
        return [output];
    }

    /// <inheritdoc/>
    public override void Backward(BackwardContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.NeedsGradInput(0))
        {
            context.Add(new ReluBackward(Name, context.GradOutput, context.Outputs[0], context.NewGradInput(0)));
        }
    }
}
