using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// What model files and checkpoints share: a safetensors file whose metadata names its format and version, describes the
/// model and carries the hash of all tensors.
/// </summary>
internal static class DescribedFile
{
    /// <summary>The metadata's key of the format.</summary>
    public const string FormatKey = "format";

    /// <summary>The value of the metadata's format for a model.</summary>
    public const string Model = "fcnsharp";

    /// <summary>The value of the metadata's format for a checkpoint of training.</summary>
    public const string Checkpoint = "fcnsharp-checkpoint";

    /// <summary>The version that is written, and the newest that is read.</summary>
    public const int Version = 1;

    private const string VersionKey = "format_version";
    private const string DescriptionKey = "fcnsharp";
    private const string HashKey = "weights_sha256";

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file, replaced as a whole.</param>
    /// <param name="format">One of the format names above.</param>
    /// <param name="description">The model's description.</param>
    /// <param name="tensors">The tensors in file order; all values finite.</param>
    /// <param name="type">How they are stored.</param>
    /// <param name="further">More metadata.</param>
    public static void Write(string path, string format, ModelDescription description, IReadOnlyList<NamedTensor> tensors, ElementType type, params ReadOnlySpan<KeyValuePair<string, string>> further)
    {
        if (description.Problem() is { } problem)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was not written: {problem}; correct the model's description.");
        }

        CheckFinite(path, tensors);
        Dictionary<string, string> metadata = new()
        {
            [FormatKey] = format,
            [VersionKey] = Version.ToString(CultureInfo.InvariantCulture),
            [DescriptionKey] = ModelDescriptionJson.Write(description),
            [HashKey] = WeightsHash.Compute(tensors, type),
        };
        foreach ((string key, string value) in further)
        {
            metadata.Add(key, value);
        }

        SafetensorsWriter.Write(path, tensors, metadata, type);
    }

    /// <summary>Opens a file of this format; a newer version and other files are refused.</summary>
    public static SafetensorsFile Open(string path, string format)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            CheckFormat(file, format);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The model's description.</summary>
    public static ModelDescription ReadDescription(SafetensorsFile file) =>
        JsonField.Parse(Metadata(file, DescriptionKey), DescriptionKey, file.Path, ModelDescriptionJson.Read);

    /// <summary>All tensors in file order, after checking them against their hash and for NaN and infinities.</summary>
    public static IReadOnlyList<NamedTensor> ReadTensors(SafetensorsFile file)
    {
        string expected = Metadata(file, HashKey);
        return file.ReadAll(found => CheckHash(file, expected, found));
    }

    /// <summary>Checks all tensors as <see cref="ReadTensors"/> does, and keeps none.</summary>
    public static void CheckTensors(SafetensorsFile file, CancellationToken cancellation)
    {
        string expected = Metadata(file, HashKey);
        file.CheckAll(found => CheckHash(file, expected, found), cancellation);
    }

    /// <summary>A string of the metadata that must be there.</summary>
    public static string Metadata(SafetensorsFile file, string key) => file.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw new FcnSharpException($"{ErrorText.OneLine(file.Path)}: expected '{key}' in its metadata; the file was changed or damaged: copy or export it again.");

    private static void CheckHash(SafetensorsFile file, string expected, string found)
    {
        if (found != expected)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(file.Path)}: the weights do not match their hash: the file was changed or damaged; copy or download it again (expected SHA-256 {ErrorText.Quote(expected)}, found '{found}').");
        }
    }

    private static void CheckFormat(SafetensorsFile file, string format)
    {
        string path = ErrorText.OneLine(file.Path);
        string found = file.Metadata.GetValueOrDefault(FormatKey, "");
        if (found != format)
        {
            throw new FcnSharpException((format, found) switch
            {
                (Model, Checkpoint) => $"{path} is a checkpoint of training, expected a model; resume training from it, or give the model file that training wrote.",
                (Checkpoint, Model) => $"{path} is a finished model, expected a checkpoint of training; give a checkpoint, or start from the model's weights.",
                _ => $"{path} is a safetensors file but none of FcnSharp's: expected the metadata format '{format}', found {ErrorText.Quote(found)}; import it as weights, or give another file.",
            });
        }

        string version = Metadata(file, VersionKey);
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1)
        {
            throw new FcnSharpException($"{path}: expected a format version from 1, found {ErrorText.Quote(version)}; the file was changed or damaged: copy or export it again.");
        }

        if (number > Version)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{path} was written by a newer FcnSharp (format {number}, this one reads up to {Version}): update FcnSharp."));
        }
    }

    // A file that loading would refuse must not replace one that it accepts.
    private static void CheckFinite(string path, IReadOnlyList<NamedTensor> tensors)
    {
        foreach (NamedTensor tensor in tensors)
        {
            int index = FloatConversion.IndexOfNonFinite(tensor.Tensor.Span);
            if (index >= 0)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} was not written: tensor {ErrorText.Quote(tensor.Name)} holds a NaN or an infinity at element {index}, expected finite numbers; if training diverged, lower the learning rate."));
            }
        }
    }
}
