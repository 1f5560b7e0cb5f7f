namespace FcnSharp.Cli.Predict;

/// <summary>What is written for an image.</summary>
/// <param name="Labels">The class of each pixel.</param>
/// <param name="Overlay">The classes' colours over the image.</param>
/// <param name="Confidence">How probable the class of each pixel is; null where this was not asked for.</param>
internal sealed record PredictOutputs(string Labels, string Overlay, string? Confidence)
{
    /// <summary>All files.</summary>
    public IReadOnlyList<string> All => Confidence is null ? [Labels, Overlay] : [Labels, Overlay, Confidence];

    /// <summary>Whether all files are there. Each appears only when it is whole; an empty one is what some file systems leave of it after a power cut.</summary>
    public bool Exist => All.All(path => new FileInfo(path) is { Exists: true, Length: > 0 });

    /// <summary>The files of one image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="folder">The output folder.</param>
    /// <param name="confidence">Whether the confidence is written, too.</param>
    public static PredictOutputs Of(PredictImage image, string folder, bool confidence)
    {
        string name = Path.Combine(folder, image.Name);
        return new(name + ".png", name + ".overlay.png", confidence ? name + ".confidence.png" : null);
    }
}
