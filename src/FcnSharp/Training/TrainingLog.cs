using System.Globalization;
using System.Text;
using System.Text.Json;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>One line of a training log.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Loss of the step; null on the lines of an evaluation.</param>
/// <param name="LearningRate">Learning rate of the step; null on the lines of an evaluation.</param>
/// <param name="MeanIoU">Mean IoU on held-out images, 0 to 1; null on the lines of a step.</param>
public readonly record struct TrainingLogEntry(long Step, double? Loss, double? LearningRate, double? MeanIoU);

/// <summary>
/// The history of a run as JSON lines, for curves and for other programs. A resumed run keeps the lines up to its step; a
/// last line that a crash has cut is dropped.
/// </summary>
public sealed class TrainingLog : IDisposable
{
    private readonly string _path;
    private readonly List<TrainingLogEntry> _entries;
    private readonly StreamWriter _writer;

    /// <summary>Opens the log of a run.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="step">Steps done so far; 0 starts a new log.</param>
    /// <exception cref="FcnSharpException">The file cannot be read or written.</exception>
    public TrainingLog(string path, long step)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _entries = step == 0 ? [] : [.. Read(path).Where(e => e.Step <= step)];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(_entries.Select(Line)))));
            _writer = new StreamWriter(path, append: true, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the log could not be opened for writing ({e.Message.TrimEnd('.')}); check the folder.", e);
        }
    }

    /// <summary>All lines so far, in order.</summary>
    public IReadOnlyList<TrainingLogEntry> Entries => _entries;

    /// <summary>Appends a step.</summary>
    public void Add(TrainingStep step) => Add(new TrainingLogEntry(step.Step, step.Loss, step.LearningRate, null));

    /// <summary>Appends an evaluation.</summary>
    public void AddEvaluation(long step, double meanIoU) => Add(new TrainingLogEntry(step, null, null, meanIoU));

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Reads the lines of a log; none when there is no such file.</summary>
    public static IReadOnlyList<TrainingLogEntry> Read(string path)
    {
        var entries = new List<TrainingLogEntry>();
        if (!File.Exists(path))
        {
            return entries;
        }

        try
        {
            // What a crash cut, and all after it, is repeated by the resumed run.
            entries.AddRange(File.ReadLines(path).Select(Parse).TakeWhile(e => e is not null).Select(e => e!.Value));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the log could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that you may read it and that no other program holds it.", e);
        }

        return entries;
    }

    /// <summary>One line; null for what is none.</summary>
    private static TrainingLogEntry? Parse(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement e = json.RootElement;
            return new TrainingLogEntry(e.GetProperty("step").GetInt64(), Number(e, "loss"), Number(e, "learningRate"), Number(e, "meanIoU"));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private void Add(TrainingLogEntry entry)
    {
        _entries.Add(entry);
        try
        {
            _writer.Write(Line(entry));
        }
        catch (IOException e)
        {
            throw new FcnSharpException($"{_path}: the log could not be written ({e.Message.TrimEnd('.')}); free some space and resume.", e);
        }
    }

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : null;

    private static string Line(TrainingLogEntry entry)
    {
        var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{entry.Step}"));
        Append(line, "loss", entry.Loss);
        Append(line, "learningRate", entry.LearningRate);
        Append(line, "meanIoU", entry.MeanIoU);
        return line.Append("}\n").ToString();
    }

    private static void Append(StringBuilder line, string name, double? value)
    {
        // JSON has no NaN: a figure that does not exist is left out.
        if (value is { } number && double.IsFinite(number))
        {
            line.Append(CultureInfo.InvariantCulture, $",\"{name}\":{number:R}");
        }
    }
}
