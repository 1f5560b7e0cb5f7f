namespace FcnSharp.Models;

/// <summary>The 1000 classes of ILSVRC 2012 (ImageNet) in the order of the published classifiers' outputs.</summary>
public static class ImageNetClasses
{
    private const string Resource = "FcnSharp.Models.ImageNetClasses.txt";

    /// <summary>How many there are.</summary>
    public const int Count = 1000;

    private static readonly Lazy<IReadOnlyList<string>> All = new(Read);

    /// <summary>The first name of each class. Two pairs of classes share one: crane, the bird and the machine, and maillot.</summary>
    public static IReadOnlyList<string> Names => All.Value;

    private static IReadOnlyList<string> Read()
    {
        using Stream stream = typeof(ImageNetClasses).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks {Resource}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
