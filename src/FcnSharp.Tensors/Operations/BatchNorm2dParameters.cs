using System.Globalization;

namespace FcnSharp.Tensors.Operations;

/// <summary>The numbers of a batch normalisation (Ioffe and Szegedy 2015), with PyTorch's meaning of momentum.</summary>
/// <param name="Epsilon">Added to the variance before its root; above 0.</param>
/// <param name="Momentum">Share of the batch in the running estimates: running = (1 - m) * running + m * batch. 0 to 1.</param>
/// <param name="Frozen">Whether training, too, normalises by the running estimates and leaves them as they are.</param>
public sealed record BatchNorm2dParameters(float Epsilon = 1e-5f, float Momentum = 0.1f, bool Frozen = false)
{
    /// <summary>Checks the numbers.</summary>
    /// <exception cref="FcnSharpException">One is out of range.</exception>
    public void Check()
    {
        if (!(Epsilon > 0 && float.IsFinite(Epsilon)))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The epsilon of a batch norm must be above 0, found {Epsilon}; 1e-5 is usual."));
        }

        if (!(Momentum >= 0 && Momentum <= 1))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The momentum of a batch norm must be from 0 to 1, found {Momentum}; it is the share of the new batch, 0.1 is usual."));
        }
    }

    /// <summary>Checks that the statistics of a batch exist: the unbiased variance of one value does not.</summary>
    /// <exception cref="FcnSharpException">There is one value a channel.</exception>
    public static void CheckBatch(Shape input)
    {
        if (input.N == 1 && input.H == 1 && input.W == 1)
        {
            throw new FcnSharpException($"Batch norm in training needs at least 2 values a channel, found {input}: use a larger batch or image, or freeze it.");
        }
    }
}
