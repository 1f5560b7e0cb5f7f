namespace FcnSharp.Data;

/// <summary>Draws each sample anew from all of them, as the reference's data layer does: in an epoch some come twice and some not at all.</summary>
public sealed class ReplacementSampler : ISampleOrder
{
    private readonly long _seed;

    /// <summary>Creates the order for a dataset.</summary>
    /// <param name="count">The number of samples, at least 1.</param>
    /// <param name="seed">The seed; the same one gives the same order on every machine and runtime.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public ReplacementSampler(int count, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (Count, _seed) = (count, seed);
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int IndexAt(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        SplitMix64 random = SplitMix64.For(_seed, position);
        return random.Below(Count);
    }
}
