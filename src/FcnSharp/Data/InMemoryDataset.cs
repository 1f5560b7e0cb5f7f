namespace FcnSharp.Data;

/// <summary>A small dataset, decoded once and kept: for sets that fit into memory many times over.</summary>
public sealed class InMemoryDataset : ISegmentationDataset
{
    private readonly Sample[] _samples;

    /// <summary>Reads every sample of another dataset.</summary>
    /// <exception cref="Tensors.FcnSharpException">A sample cannot be read.</exception>
    public InMemoryDataset(ISegmentationDataset source, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        Classes = source.Classes;
        IgnoreIndex = source.IgnoreIndex;
        _samples = new Sample[source.Count];
        for (int i = 0; i < _samples.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _samples[i] = source.Load(i);
        }
    }

    /// <inheritdoc/>
    public int Count => _samples.Length;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes { get; }

    /// <inheritdoc/>
    public int IgnoreIndex { get; }

    /// <inheritdoc/>
    public Sample Load(int index) => _samples[index];
}
