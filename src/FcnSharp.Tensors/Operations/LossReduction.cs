namespace FcnSharp.Tensors.Operations;

/// <summary>How the loss of the pixels becomes one number.</summary>
public enum LossReduction
{
    /// <summary>The mean over all pixels that are not void; 0 when there are none.</summary>
    Mean,

    /// <summary>The sum over all pixels that are not void, as the reference's "heavy" learning does (learning rates 10^5 times smaller).</summary>
    Sum,
}
