using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Evaluation;
using FcnSharp.Training;

namespace FcnSharp.Server.Runs;

/// <summary>
/// What a training run tells of itself in run.json of its folder, beside its log: enough to show it before it has a model. It is
/// rewritten at the start, at each evaluation and at the end; docs/page.md gives the layout.
/// </summary>
public sealed record RunRecord
{
    /// <summary>The state of a run that goes on, and of one that was killed.</summary>
    public const string Running = "running";

    /// <summary>The state of a run that reached its end.</summary>
    public const string Finished = "finished";

    /// <summary>The state of a run that was stopped, or that failed.</summary>
    public const string Stopped = "stopped";

    /// <summary>More than the confusion matrix of a thousand classes takes; what is larger is not ours.</summary>
    private const long MaxBytes = 32 << 20;

    /// <summary>The net's name.</summary>
    public required string Net { get; init; }

    /// <summary>What identifies the images.</summary>
    public required string Dataset { get; init; }

    /// <summary>One of the three states.</summary>
    public required string State { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public long Steps { get; init; }

    /// <summary>Parameters of the net.</summary>
    public long Parameters { get; init; }

    /// <summary>Everything that the result depends on, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The classes, each as name and red, green, blue.</summary>
    public IReadOnlyList<RunClass> Classes { get; init; } = [];

    /// <summary>The latest evaluation; null before the first.</summary>
    public RunEvaluation? Evaluation { get; init; }

    /// <summary>The path of the record in a run's folder.</summary>
    public static string PathIn(RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Path.Combine(folder.Root, "run.json");
    }

    /// <summary>The folder of the pictures of the latest evaluation: NUMBER.png, image | truth | prediction | errors.</summary>
    public static string SamplesIn(RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Path.Combine(folder.Root, "samples");
    }

    /// <summary>The content of the file; who trains writes it, the server only reads.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RunRecordJson.Default.RunRecord);

    /// <summary>Reads the record; null where there is none that can be read.</summary>
    public static RunRecord? Find(RunFolder folder)
    {
        try
        {
            using FileStream stream = new(PathIn(folder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            RunRecord? record = stream.Length > MaxBytes ? null : JsonSerializer.Deserialize(stream, RunRecordJson.Default.RunRecord);
            return record is not null && record.IsSound() ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private bool IsSound() =>
        Net is not null && Dataset is not null && State is not null && Settings is not null
        && Classes is not null && Classes.All(c => c is { Name: not null, Rgb.Count: 3 })
        && (Evaluation is null || (Evaluation.ClassIoU?.Count == Classes.Count && Evaluation.Confusion?.Count == Classes.Count && Evaluation.Confusion.All(r => r?.Count == Classes.Count)));
}

/// <summary>A class in a run's record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rgb">Red, green, blue, 0 to 255.</param>
public sealed record RunClass(string Name, IReadOnlyList<int> Rgb);

/// <summary>An evaluation in a run's record; shares from 0 to 1, null where one is not defined.</summary>
/// <param name="Step">After this step.</param>
/// <param name="PixelAccuracy">The share of pixels whose class is right.</param>
/// <param name="MeanAccuracy">The mean over classes of the share of their pixels that is right.</param>
/// <param name="MeanIoU">The mean over classes of intersection over union.</param>
/// <param name="FrequencyWeightedIoU">The same, weighted by the classes' pixels.</param>
/// <param name="ClassIoU">Intersection over union of each class.</param>
/// <param name="Confusion">Pixels of each true class (rows) by predicted class.</param>
public sealed record RunEvaluation(
    long Step,
    double? PixelAccuracy,
    double? MeanAccuracy,
    double? MeanIoU,
    double? FrequencyWeightedIoU,
    IReadOnlyList<double?> ClassIoU,
    IReadOnlyList<IReadOnlyList<long>> Confusion)
{
    /// <summary>The record of a confusion matrix.</summary>
    public static RunEvaluation Of(long step, ConfusionMatrix confusion)
    {
        ArgumentNullException.ThrowIfNull(confusion);
        SegmentationMetrics metrics = SegmentationMetrics.From(confusion);
        int[] classes = [.. Enumerable.Range(0, confusion.Classes)];
        return new RunEvaluation(
            step,
            Defined(metrics.PixelAccuracy),
            Defined(metrics.MeanAccuracy),
            Defined(metrics.MeanIoU),
            Defined(metrics.FrequencyWeightedIoU),
            [.. metrics.ClassIoU.Select(Defined)],
            [.. classes.Select(i => classes.Select(j => confusion[i, j]).ToArray())]);
    }

    // JSON has no NaN.
    private static double? Defined(double value) => double.IsNaN(value) ? null : value;
}

/// <summary>The record as JSON without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
