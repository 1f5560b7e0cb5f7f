namespace FcnSharp.Data;

/// <summary>
/// The order in which training visits a dataset: each epoch a fresh permutation, computed from the seed and the epoch's number alone.
/// A training that resumes thus needs no state but its position. Safe to use from several threads.
/// </summary>
public sealed class EpochSampler : ISampleOrder
{
    private readonly long _seed;

    // One immutable object, swapped whole: threads at the border of two epochs may compute a permutation twice, never see half of one.
    private volatile Epoch? _current;

    /// <summary>Creates the order for a dataset.</summary>
    /// <param name="count">The number of samples, at least 1.</param>
    /// <param name="seed">The seed; the same one gives the same order on every machine and runtime.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public EpochSampler(int count, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        _seed = seed;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>The sample to visit at a position counted from the start of the training; epoch e covers the positions e * Count to (e + 1) * Count - 1.</summary>
    /// <param name="position">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    public int IndexAt(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        long number = position / Count;
        Epoch? epoch = _current;
        if (epoch is null || epoch.Number != number)
        {
            _current = epoch = new Epoch(number, Permutation(Count, _seed, number));
        }

        return epoch.Order[(int)(position % Count)];
    }

    /// <summary>A uniform permutation of 0 to count - 1 (Fisher and Yates).</summary>
    internal static int[] Permutation(int count, long seed, long epoch)
    {
        SplitMix64 random = SplitMix64.For(seed, epoch);
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            int j = random.Below(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    private sealed record Epoch(long Number, int[] Order);
}
