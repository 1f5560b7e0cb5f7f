namespace FcnSharp.Data;

/// <summary>Keeps decoded samples up to a number of bytes, the first that are read; the others are read again each time.</summary>
public sealed class CachingDataset : ISegmentationDataset
{
    private readonly ISegmentationDataset _source;
    private readonly Sample?[] _kept;
    private long _bytesLeft;

    /// <summary>Wraps a dataset.</summary>
    /// <param name="source">What is read.</param>
    /// <param name="maxBytes">The most bytes that pixels and labels may take.</param>
    public CachingDataset(ISegmentationDataset source, long maxBytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        (_source, _bytesLeft, _kept) = (source, maxBytes, new Sample?[source.Count]);
    }

    /// <summary>A quarter of the memory that this process may use: what a training's data may take beside the net.</summary>
    public static long DefaultBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <inheritdoc/>
    public int Count => _source.Count;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes => _source.Classes;

    /// <inheritdoc/>
    public int IgnoreIndex => _source.IgnoreIndex;

    /// <inheritdoc/>
    public Sample Load(int index)
    {
        if (Volatile.Read(ref _kept[index]) is { } kept)
        {
            return kept;
        }

        Sample sample = _source.Load(index);
        long bytes = sample.Image.Pixels.LongLength + (sizeof(ushort) * sample.Labels.Labels.LongLength);
        if (Interlocked.Add(ref _bytesLeft, -bytes) < 0 || Interlocked.CompareExchange(ref _kept[index], sample, null) is not null)
        {
            Interlocked.Add(ref _bytesLeft, bytes);
        }

        return sample;
    }
}
