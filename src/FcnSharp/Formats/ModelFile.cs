using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// A trained model as one .safetensors file: the weights, and in its metadata all that is needed to use them.
/// Other tools read the tensors as those of any safetensors file. docs/formats.md gives the layout.
/// </summary>
public static class ModelFile
{
    /// <summary>Writes a model: to a temporary file beside it, flushed to disk, then renamed; a failure leaves the old file whole.</summary>
    /// <param name="path">The file, replaced when it exists.</param>
    /// <param name="description">What the weights belong to.</param>
    /// <param name="tensors">The weights; their order is kept.</param>
    /// <param name="type">How they are stored: F32, or F16 and BF16 at half the size and less precision.</param>
    /// <exception cref="FcnSharpException">An unsound description, a weight that is not finite or beyond the type's range, or the file cannot be written.</exception>
    public static void Save(string path, ModelDescription description, IReadOnlyList<NamedTensor> tensors, ElementType type = ElementType.F32)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(tensors);
        DescribedFile.Write(path, DescribedFile.Model, description, tensors, type);
    }

    /// <summary>Reads a model and checks its weights against their hash.</summary>
    /// <exception cref="FcnSharpException">The file is no model, was written by a newer version, or is damaged.</exception>
    public static LoadedModel Load(string path)
    {
        using SafetensorsFile file = DescribedFile.Open(path, DescribedFile.Model);
        return new LoadedModel(DescribedFile.ReadDescription(file), DescribedFile.ReadTensors(file));
    }

    /// <summary>Opens a model to be used at once: its weights are read when a device needs them, and checked meanwhile.</summary>
    /// <exception cref="FcnSharpException">The file is no model, was written by a newer version, or its description is damaged.</exception>
    internal static OpenModel Open(string path)
    {
        SafetensorsFile file = DescribedFile.Open(path, DescribedFile.Model);
        try
        {
            return new OpenModel(file, DescribedFile.ReadDescription(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes figures into a model's file, in place of those that are there; its weights stay to the bit.</summary>
    /// <exception cref="FcnSharpException">The file is no model, is damaged, or cannot be written.</exception>
    public static void Record(string path, ModelMetrics metrics)
    {
        LoadedModel model = Load(path);
        ElementType type;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            type = file.Entries[0].Type;
        }

        Save(path, model.Description with { Metrics = metrics }, model.Tensors, type);
    }

    /// <summary>Reads only what the file says of its model; the weights are neither read nor checked.</summary>
    /// <exception cref="FcnSharpException">The file is no model, was written by a newer version, or is damaged.</exception>
    public static ModelDescription LoadDescription(string path)
    {
        using SafetensorsFile file = DescribedFile.Open(path, DescribedFile.Model);
        return DescribedFile.ReadDescription(file);
    }

    /// <summary>What a file says of its model; null where it is no model of ours but weights of another kind.</summary>
    /// <exception cref="FcnSharpException">It holds no weights that are known here, or is a model of a newer version or a damaged one.</exception>
    public static ModelDescription? FindDescription(string path)
    {
        using (WeightFile weights = WeightFile.Open(path))
        {
            if (weights.Report.Format != SafetensorsSource.Name)
            {
                return null;
            }
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Metadata.GetValueOrDefault(DescribedFile.FormatKey) == DescribedFile.Model ? LoadDescription(path) : null;
    }
}

/// <summary>A model as read from its file.</summary>
/// <param name="Description">What the weights belong to.</param>
/// <param name="Tensors">The weights, in the order in which they were saved.</param>
public sealed record LoadedModel(ModelDescription Description, IReadOnlyList<NamedTensor> Tensors);
