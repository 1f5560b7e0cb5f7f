using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.Training;

namespace FcnSharp.Server.Runs;

/// <summary>Reads one run's folder. What was read of its log and its model is kept, so that asking again costs what is new.</summary>
internal sealed class RunReader(string name, RunFolder folder)
{
    /// <summary>A run that says it goes on and has written nothing for so long was killed.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private long _read;
    private long _step;
    private TrainingLogEntry? _best;
    private (DateTime Written, ModelDescription? Description) _model;

    /// <summary>The name that requests ask for.</summary>
    public string Name => name;

    /// <summary>The log.</summary>
    public string Log => folder.Log;

    /// <summary>When it last wrote something.</summary>
    public DateTime LastWritten => new[] { folder.Log, RunRecord.PathIn(folder), folder.Model, folder.CheckpointFolder, folder.Report }.Max(File.GetLastWriteTimeUtc);

    /// <summary>The run in one line.</summary>
    public RunSummary Summary()
    {
        RunAnswer all = Describe();
        return new RunSummary(all.Name, all.Net, all.Dataset, all.State, all.Step, all.Steps, all.MeanIoU);
    }

    /// <summary>The run with its settings, classes and latest figures.</summary>
    public RunAnswer Describe()
    {
        RunRecord? record = RunRecord.Find(folder);
        ModelDescription? model;
        long step;
        TrainingLogEntry? best;
        lock (_lock)
        {
            ReadLog();
            (model, step, best) = (Model(), _step, _best);
        }

        IReadOnlyDictionary<string, string> settings = record?.Settings ?? model?.Recipe ?? new Dictionary<string, string>();
        long? steps = record?.Steps ?? Number(settings, "steps");
        return new RunAnswer(
            name,
            record?.Net ?? model?.Architecture.Name,
            record?.Dataset ?? settings.GetValueOrDefault("data"),
            State(record, step, steps),
            step,
            steps,
            PerCent(best?.MeanIoU),
            best?.Step,
            record?.Parameters,
            settings,
            Classes(record, model),
            record?.Evaluation is { } evaluation ? Describe(evaluation) : model?.Metrics is { } metrics ? Describe(metrics, Number(model.Recipe, "step")) : null);
    }

    /// <summary>The pictures of the latest evaluation.</summary>
    public IReadOnlyList<FileInfo> Samples()
    {
        DirectoryInfo samples = new(RunRecord.SamplesIn(folder));
        try
        {
            return samples.Exists ? [.. samples.EnumerateFiles("*.png").Where(f => !f.Name.StartsWith('.')).OrderBy(f => f.Name, StringComparer.Ordinal).Take(64)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A share as the API gives it.</summary>
    public static double? PerCent(double? share) => share is { } value && double.IsFinite(value) ? Math.Round(100 * value, 3) : null;

    private void ReadLog()
    {
        while (true)
        {
            (List<TrainingLogEntry> entries, long next, bool restarted) = LogTail.Read(folder.Log, _read);
            if (restarted)
            {
                (_step, _best) = (0, null);
            }

            foreach (TrainingLogEntry entry in entries)
            {
                _step = entry.Step;
                if (entry.MeanIoU is { } value && !(value <= _best?.MeanIoU))
                {
                    _best = entry;
                }
            }

            if (next == _read)
            {
                return;
            }

            _read = next;
        }
    }

    /// <summary>What the best model's file says; its weights are not read.</summary>
    private ModelDescription? Model()
    {
        DateTime written = File.GetLastWriteTimeUtc(folder.Model);
        if (written != _model.Written)
        {
            _model = (written, Load(folder.Model));
        }

        return _model.Description;
    }

    private static ModelDescription? Load(string path)
    {
        try
        {
            return File.Exists(path) ? ModelFile.LoadDescription(path) : null;
        }
        catch (FcnSharpException)
        {
            // The run can be shown without it.
            return null;
        }
    }

    private string State(RunRecord? record, long step, long? steps)
    {
        if (record is { State: not RunRecord.Running })
        {
            return record.State == RunRecord.Finished ? RunRecord.Finished : RunRecord.Stopped;
        }

        bool isDone = record is null && (step >= steps || File.GetLastWriteTimeUtc(folder.Report) > File.GetLastWriteTimeUtc(folder.Log));
        return isDone ? RunRecord.Finished : DateTime.UtcNow - LastWritten < Silence ? RunRecord.Running : RunRecord.Stopped;
    }

    private static IReadOnlyList<RunClassAnswer> Classes(RunRecord? record, ModelDescription? model) => record is { Classes.Count: > 0 }
        ? [.. record.Classes.Select((c, i) => new RunClassAnswer(i, c.Name, Color(c.Rgb[0], c.Rgb[1], c.Rgb[2])))]
        : [.. (model?.Classes ?? []).Select((c, i) => new RunClassAnswer(i, c.Name, Color(c.R, c.G, c.B)))];

    private static string Color(int r, int g, int b) => FormattableString.Invariant($"#{(byte)r:x2}{(byte)g:x2}{(byte)b:x2}");

    private static EvaluationAnswer Describe(ModelMetrics metrics, long? step) => new(
        step, PerCent(metrics.PixelAccuracy), PerCent(metrics.MeanAccuracy), PerCent(metrics.MeanIoU), PerCent(metrics.FrequencyWeightedIoU),
        [.. metrics.ClassIoU.Select(v => PerCent(v))], null);

    private static EvaluationAnswer Describe(RunEvaluation e) => new(
        e.Step, PerCent(e.PixelAccuracy), PerCent(e.MeanAccuracy), PerCent(e.MeanIoU), PerCent(e.FrequencyWeightedIoU), [.. e.ClassIoU.Select(PerCent)], e.Confusion);

    private static long? Number(IReadOnlyDictionary<string, string> settings, string key) =>
        settings.TryGetValue(key, out string? text) && long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value : null;
}
