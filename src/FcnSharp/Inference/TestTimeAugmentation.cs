using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>
/// Segments an image several times, mirrored and in several sizes, and averages the probabilities: some more accuracy for a multiple
/// of the time. An image of H x W takes 8 bytes for each class and pixel beside what the net takes.
/// </summary>
public sealed record TestTimeAugmentation
{
    private const double Smallest = 0.1;
    private const double Largest = 4;

    /// <summary>Whether each size is also segmented with left and right swapped.</summary>
    public bool Mirror { get; init; } = true;

    /// <summary>The sizes, as factors of the image's, each from 0.1 to 4.</summary>
    public IReadOnlyList<double> Scales { get; init; } = [1];

    /// <summary>How many times an image is segmented.</summary>
    public int Passes => Scales.Count * (Mirror ? 2 : 1);

    /// <summary>Throws where a factor is out of range.</summary>
    internal void Check()
    {
        if (Scales.Count == 0 || Scales.Any(scale => !(scale is >= Smallest and <= Largest)))
        {
            throw new FcnSharpException(FormattableString.Invariant($"Test-time augmentation needs scales from {Smallest} to {Largest}, found {(Scales.Count == 0 ? "none" : string.Join(", ", Scales.Select(s => FormattableString.Invariant($"{s}"))))}."));
        }
    }
}
