using System.Text.Json;
using FcnSharp.Training;

namespace FcnSharp.Server.Runs;

/// <summary>Reads a training log from a place on, while it is being written.</summary>
internal static class LogTail
{
    /// <summary>What one answer reads at most; about ten thousand steps.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>
    /// The whole lines from a place on, and the place behind them; half a line at the end is left for the next time. A place that
    /// is no longer the start of a line belongs to a log that was begun anew, or cut by a resumed run: it is read from its start.
    /// </summary>
    /// <param name="path">The log; where it is missing there are no lines.</param>
    /// <param name="after">Bytes read so far, 0 at first.</param>
    public static (List<TrainingLogEntry> Entries, long Next, bool Restarted) Read(string path, long after)
    {
        try
        {
            // The trainer must be able to write, and to replace the file, meanwhile.
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bool restarted = after != 0 && !IsLineStart(stream, after);
            long start = restarted ? 0 : after;
            byte[] bytes = new byte[Math.Min(MaxBytes, Math.Max(0, stream.Length - start))];
            stream.Position = start;
            Span<byte> read = bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            int end = read.LastIndexOf((byte)'\n') + 1;
            return end == 0 && read.Length == MaxBytes
                ? ([], BehindLine(stream, bytes) ?? start, restarted)
                : (Parse(read[..end]), start + end, restarted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], 0, after != 0);
        }
    }

    /// <summary>The place behind a line longer than the buffer, which is none of ours; null where it has no end yet.</summary>
    private static long? BehindLine(FileStream stream, byte[] buffer)
    {
        for (long place = stream.Position; ;)
        {
            int count = stream.Read(buffer);
            int end = buffer.AsSpan(0, count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return place + end + 1;
            }

            if (count == 0)
            {
                return null;
            }

            place += count;
        }
    }

    private static bool IsLineStart(FileStream stream, long place)
    {
        if (place < 0 || place > stream.Length)
        {
            return false;
        }

        stream.Position = place - 1;
        return stream.ReadByte() == '\n';
    }

    private static List<TrainingLogEntry> Parse(ReadOnlySpan<byte> text)
    {
        List<TrainingLogEntry> entries = [];
        foreach (Range range in text.Split((byte)'\n'))
        {
            if (!text[range].IsEmpty && Parse(text[range].ToArray()) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    private static TrainingLogEntry? Parse(byte[] line)
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

    private static double? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && double.IsFinite(value.GetDouble()) ? value.GetDouble() : null;
}
