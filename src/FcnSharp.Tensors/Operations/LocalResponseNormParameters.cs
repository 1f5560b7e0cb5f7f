using System.Globalization;

namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The numbers of a local response normalisation across channels (Krizhevsky, Sutskever, Hinton 2012, section 3.3; Caffe's
/// LRN of ACROSS_CHANNELS): scale[c] = k + alpha / size * sum of input[j]^2 over the channels j from c - size / 2 to
/// c + size / 2 that exist, output[c] = input[c] / scale[c]^beta. As in Caffe and PyTorch, and unlike the paper, alpha is
/// divided by the size, also where the window leaves the channels. The defaults are AlexNet's in Caffe.
/// </summary>
/// <param name="Size">Channels in the window, odd, at least 1.</param>
/// <param name="Alpha">Factor of the mean square, at least 0.</param>
/// <param name="Beta">Exponent, at least 0.</param>
/// <param name="K">What is added to the mean square, above 0.</param>
public sealed record LocalResponseNormParameters(int Size = 5, float Alpha = 1e-4f, float Beta = 0.75f, float K = 1)
{
    /// <summary>Checks the numbers.</summary>
    /// <exception cref="FcnSharpException">One is out of range.</exception>
    public void Check()
    {
        if (Size < 1 || Size % 2 == 0)
        {
            throw new FcnSharpException($"The normalisation window must be an odd number of channels, found {Size}.");
        }

        AtLeastZero(Alpha, "alpha");
        AtLeastZero(Beta, "beta");
        if (!(K > 0 && float.IsFinite(K)))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The normalisation k must be above 0, found {K}."));
        }
    }

    /// <summary>The window of a channel: the channels First to End - 1.</summary>
    internal (int First, int End) Window(int channel, int channels) =>
        (Math.Max(0, channel - Size / 2), (int)Math.Min(channels, (long)channel + Size / 2 + 1));

    private static void AtLeastZero(float value, string what)
    {
        if (!(value >= 0 && float.IsFinite(value)))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The normalisation {what} must be at least 0, found {value}."));
        }
    }
}
