using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// A checkpoint of training: a model file, always in F32 so that resuming loses nothing, with the solver's tensors beside
/// the weights and step, seed and settings in its metadata. docs/formats.md gives the layout.
/// </summary>
public static class CheckpointFile
{
    private const string WeightPrefix = "weight/";
    private const string SolverPrefix = "solver/";
    private const string CheckpointKey = "checkpoint";

    /// <summary>Writes a checkpoint: to a temporary file beside it, flushed to disk, then renamed; a failure leaves the old file whole.</summary>
    /// <exception cref="FcnSharpException">An unsound description, a value that is not finite, or the file cannot be written.</exception>
    public static void Save(string path, CheckpointContent content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfNegative(content.Step);
        List<NamedTensor> tensors = [
            .. content.Weights.Select(t => t with { Name = WeightPrefix + t.Name }),
            .. content.SolverState.Select(t => t with { Name = SolverPrefix + t.Name }),
        ];
        string progress = MetadataJson.Write(json =>
        {
            json.WriteNumber("step", content.Step);
            json.WriteNumber("seed", content.Seed);
            MetadataJson.WriteMap(json, "settings", content.Settings);
            json.WriteString("fingerprint", SettingsFingerprint.Compute(content.Settings));
        });
        DescribedFile.Write(path, DescribedFile.Checkpoint, content.Description, tensors, ElementType.F32, new KeyValuePair<string, string>(CheckpointKey, progress));
    }

    /// <summary>Reads a checkpoint and checks its tensors and settings against their hashes.</summary>
    /// <exception cref="FcnSharpException">The file is no checkpoint, was written by a newer version, or is damaged.</exception>
    public static CheckpointContent Load(string path)
    {
        using SafetensorsFile file = DescribedFile.Open(path, DescribedFile.Checkpoint);
        ModelDescription description = DescribedFile.ReadDescription(file);
        (long step, long seed, Dictionary<string, string> settings) =
            JsonField.Parse(DescribedFile.Metadata(file, CheckpointKey), CheckpointKey, path, ReadProgress);
        IReadOnlyList<NamedTensor> tensors = DescribedFile.ReadTensors(file);
        return new CheckpointContent(description, WithPrefix(tensors, WeightPrefix), WithPrefix(tensors, SolverPrefix), step, seed, settings);
    }

    private static (long Step, long Seed, Dictionary<string, string> Settings) ReadProgress(JsonField field)
    {
        long step = field.Get("step").Integer();
        long seed = field.Get("seed").Integer();
        Dictionary<string, string> settings = field.Get("settings").Map();
        if (step < 0)
        {
            throw field.Refuse("a step from 0");
        }

        return field.Get("fingerprint").Text() == SettingsFingerprint.Compute(settings)
            ? (step, seed, settings)
            : throw field.Refuse("settings that match their fingerprint");
    }

    private static List<NamedTensor> WithPrefix(IReadOnlyList<NamedTensor> tensors, string prefix) =>
        [.. tensors.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(t => t with { Name = t.Name[prefix.Length..] })];
}
