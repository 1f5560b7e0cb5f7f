namespace FcnSharp.Tensors.Devices;

/// <summary>The numbers of one AdamW step, per parameter: its multipliers are already in them.</summary>
/// <param name="LearningRate">Size of the step.</param>
/// <param name="WeightDecay">Share of the weight that is taken away, times the learning rate; apart from the gradient.</param>
/// <param name="Step">Number of this step, from 1: the moments' bias towards their start at 0 is corrected by it.</param>
/// <param name="Beta1">Share of the first moment that is kept.</param>
/// <param name="Beta2">Share of the second moment that is kept.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="GradientScale">Factor of the gradient, such as 1 / accumulated batches.</param>
public readonly record struct AdamWCoefficients(
    float LearningRate,
    float WeightDecay,
    long Step,
    float Beta1 = 0.9f,
    float Beta2 = 0.999f,
    float Epsilon = 1e-8f,
    float GradientScale = 1)
{
    /// <summary>1 / (1 - Beta1^Step).</summary>
    public float Correction1 => (float)(1 / (1 - Math.Pow(Beta1, Step)));

    /// <summary>1 / (1 - Beta2^Step).</summary>
    public float Correction2 => (float)(1 / (1 - Math.Pow(Beta2, Step)));
}
