using FcnSharp.Tensors;

namespace FcnSharp.Data.Transforms;

/// <summary>
/// Changes an image and its labels together. A pure function of sample and context: the same arguments give the same bytes, on any
/// thread and in any order. The sample that is given is never written to; it may be returned where nothing changes.
/// </summary>
public interface ISampleTransform
{
    /// <summary>The changed sample; image and labels of one size.</summary>
    Sample Apply(Sample sample, TransformContext context);
}

/// <summary>Where in a training a sample stands, from which all random numbers follow.</summary>
/// <param name="Seed">The training's seed.</param>
/// <param name="Epoch">Which pass over the data, from 0.</param>
/// <param name="Index">The sample's index in its dataset.</param>
/// <param name="IgnoreIndex">The label for pixels that a transform makes up.</param>
public readonly record struct TransformContext(long Seed, long Epoch, int Index, int IgnoreIndex)
{
    /// <summary>The transform's place in its list: two mirrors in one list must not toss the same coin.</summary>
    internal int Ordinal { get; init; }

    /// <summary>A random number, uniform in [0, 1).</summary>
    /// <param name="draw">Which of the transform's numbers, from 0; the same one is always the same.</param>
    public double Uniform(int draw)
    {
        ulong key = CounterRandom.Key(unchecked((ulong)Seed), CounterRandom.StreamOf("augmentation"));
        key = CounterRandom.BitsAt(key, unchecked((ulong)Epoch));
        key = CounterRandom.BitsAt(key, (ulong)Index);
        key = CounterRandom.BitsAt(key, (ulong)Ordinal);
        return (CounterRandom.BitsAt(key, (ulong)draw) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A random number, uniform from one to another.</summary>
    /// <param name="draw">Which of the transform's numbers.</param>
    /// <param name="min">The least.</param>
    /// <param name="max">Above the greatest.</param>
    public double Range(int draw, double min, double max) => min + ((max - min) * Uniform(draw));

    /// <summary>A random whole number from 0 to count - 1.</summary>
    /// <param name="draw">Which of the transform's numbers.</param>
    /// <param name="count">How many numbers there are to choose from, from 1.</param>
    public int Below(int draw, int count) => (int)(Uniform(draw) * count);
}
