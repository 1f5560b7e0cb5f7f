using FcnSharp.Data;

namespace FcnSharp.Training;

/// <summary>In which order a training visits its images.</summary>
public enum Sampling
{
    /// <summary>Each image once an epoch, in a new random order.</summary>
    Epochs,

    /// <summary>Each time one of all images, as in the reference.</summary>
    WithReplacement,
}

/// <summary>The orders by their names.</summary>
internal static class SamplingOrders
{
    /// <summary>The order for a dataset.</summary>
    public static ISampleOrder Order(this Sampling sampling, int count, long seed) => sampling switch
    {
        Sampling.Epochs => new EpochSampler(count, seed),
        _ => new ReplacementSampler(count, seed),
    };
}
