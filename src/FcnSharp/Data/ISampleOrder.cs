namespace FcnSharp.Data;

/// <summary>Which sample a training visits at each position. A pure function of the position, safe to use from several threads: a training that resumes needs no state but its position.</summary>
public interface ISampleOrder
{
    /// <summary>The number of samples, which is also the length of an epoch.</summary>
    int Count { get; }

    /// <summary>The index of the sample to visit at a position counted from the start of the training.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    int IndexAt(long position);
}
