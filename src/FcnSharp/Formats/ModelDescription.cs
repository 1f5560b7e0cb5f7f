namespace FcnSharp.Formats;

/// <summary>All that is needed to run a trained net beside its weights, and where it came from.</summary>
/// <param name="Architecture">Which net the weights belong to.</param>
/// <param name="Classes">Name and colour of each class; the index is the class index of the net's output and of label maps. 1 to 65535 of them.</param>
/// <param name="Preprocessing">How an image becomes the net's input.</param>
public sealed record ModelDescription(ModelArchitecture Architecture, IReadOnlyList<ClassInfo> Classes, Preprocessing Preprocessing)
{
    /// <summary>How the net was trained: solver, learning rate, data set, ...; free text by key, empty when unknown.</summary>
    public IReadOnlyDictionary<string, string> Recipe { get; init; } = new Dictionary<string, string>();

    /// <summary>How well the net did on its validation set; null when not measured.</summary>
    public ModelMetrics? Metrics { get; init; }

    /// <summary>When the model was made; null keeps the file's bytes a function of its content. Stored as UTC.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>What makes this description unfit for a file, as a phrase for a message; null when it is sound.</summary>
    internal string? Problem()
    {
        if (string.IsNullOrWhiteSpace(Architecture.Name))
        {
            return "the architecture has no name";
        }

        if (Classes.Count is < 1 or > ushort.MaxValue || Classes.Any(c => string.IsNullOrWhiteSpace(c.Name)))
        {
            return $"expected 1 to {ushort.MaxValue} classes, each with a name";
        }

        if (!Preprocessing.IsSound)
        {
            return "preprocessing needs a mean and a scale for each of 3 channels, finite, the scales not 0";
        }

        return Metrics is null ? null : Metrics.Problem(Classes.Count);
    }
}

/// <summary>A net by its name in the catalogue, and the options it was built with.</summary>
/// <param name="Name">The net's name, such as "fcn8s-vgg16".</param>
/// <param name="Options">The builder's options as text by name, such as classes = 6; numbers in the invariant culture.</param>
public sealed record ModelArchitecture(string Name, IReadOnlyDictionary<string, string> Options);
