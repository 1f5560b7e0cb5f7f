namespace FcnSharp.Formats;

/// <summary>The order of the colour channels in a net's input.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue: PyTorch's nets.</summary>
    Rgb,

    /// <summary>Blue, green, red: Caffe's nets.</summary>
    Bgr,
}

/// <summary>How an image becomes the net's input: input[c] = (pixel[c] - Mean[c]) * Scale[c], where pixel runs from 0 to 255.</summary>
/// <param name="Order">Which colour channel 0 holds.</param>
/// <param name="Mean">The mean of each channel in pixel units, in the order of the input's channels.</param>
/// <param name="Scale">The factor of each channel, likewise; 1 / (255 * deviation) for nets that expect unit deviation.</param>
public sealed record Preprocessing(ChannelOrder Order, IReadOnlyList<float> Mean, IReadOnlyList<float> Scale)
{
    private const int Channels = 3;

    /// <summary>Preprocessing with one factor for all channels.</summary>
    public Preprocessing(ChannelOrder order, IReadOnlyList<float> mean, float scale = 1)
        : this(order, mean, [scale, scale, scale])
    {
    }

    /// <summary>Whether there are finite means and non-zero factors for three channels.</summary>
    internal bool IsSound => Mean.Count == Channels && Scale.Count == Channels
        && Mean.All(float.IsFinite) && Scale.All(s => float.IsFinite(s) && s != 0);
}
