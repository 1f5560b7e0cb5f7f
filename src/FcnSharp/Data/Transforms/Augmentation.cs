namespace FcnSharp.Data.Transforms;

/// <summary>Transforms one after the other, with a seed.</summary>
/// <param name="Seed">What all random numbers follow from, with the epoch and the sample's index.</param>
/// <param name="Transforms">The transforms in their order; each draws numbers of its own.</param>
public sealed record Augmentation(long Seed, IReadOnlyList<ISampleTransform> Transforms)
{
    /// <summary>The sample as one epoch sees it.</summary>
    /// <param name="sample">The sample as the dataset has it.</param>
    /// <param name="epoch">Which pass over the data, from 0.</param>
    /// <param name="index">Its index in the dataset.</param>
    /// <param name="ignoreIndex">The dataset's label of void.</param>
    public Sample Apply(Sample sample, long epoch, int index, int ignoreIndex)
    {
        ArgumentNullException.ThrowIfNull(sample);
        for (int i = 0; i < Transforms.Count; i++)
        {
            sample = Transforms[i].Apply(sample, new TransformContext(Seed, epoch, index, ignoreIndex) { Ordinal = i });
        }

        return sample;
    }
}
