using FcnSharp.Imaging;

namespace FcnSharp.Data.Transforms;

/// <summary>
/// Makes each cell of a grid void with a probability, so that a step learns from a random part of each image (FCN, sections 3.4 and
/// 4.3): the variance of patchwise training, at the cost of the whole image.
/// </summary>
public sealed class PatchSampling : ISampleTransform
{
    private readonly double _share;
    private readonly int _cell;

    /// <summary>Creates the transform.</summary>
    /// <param name="share">The probability that a cell counts, above 0 to 1.</param>
    /// <param name="cell">Side of a cell in pixels, from 1: a unit of the final layer is 32 pixels wide.</param>
    public PatchSampling(double share, int cell = 32)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cell, 1);
        (_share, _cell) = (share, cell);
    }

    /// <inheritdoc/>
    public Sample Apply(Sample sample, TransformContext context)
    {
        ArgumentNullException.ThrowIfNull(sample);
        LabelMap labels = new(sample.Labels.Width, sample.Labels.Height, (ushort[])sample.Labels.Labels.Clone());
        int draw = 0;
        for (int top = 0; top < labels.Height; top += _cell)
        {
            for (int left = 0; left < labels.Width; left += _cell)
            {
                if (context.Uniform(draw++) >= _share)
                {
                    Clear(labels, left, top, (ushort)context.IgnoreIndex);
                }
            }
        }

        return sample with { Labels = labels };
    }

    private void Clear(LabelMap labels, int left, int top, ushort ignoreIndex)
    {
        int width = Math.Min(_cell, labels.Width - left);
        for (int y = top; y < Math.Min(labels.Height, top + _cell); y++)
        {
            labels.Row(y).Slice(left, width).Fill(ignoreIndex);
        }
    }
}
