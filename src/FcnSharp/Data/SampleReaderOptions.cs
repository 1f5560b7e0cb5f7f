namespace FcnSharp.Data;

/// <summary>How far ahead a <see cref="SampleReader"/> reads.</summary>
public sealed record SampleReaderOptions
{
    /// <summary>The threads that read, from 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The most samples that are read or being read before they are asked for, from 1.</summary>
    public int Ahead { get; init; } = 8;

    /// <summary>No further sample is begun while those that are ready have this many bytes.</summary>
    public long MaxBytes { get; init; } = 256 << 20;

    /// <summary>The position of the first sample, for a training that resumes.</summary>
    public long Start { get; init; }

    /// <summary>The position that is not read any more, for one pass over a dataset; null to go on without end.</summary>
    public long? End { get; init; }
}
