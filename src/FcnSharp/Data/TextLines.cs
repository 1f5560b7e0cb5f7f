using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>The lines of a dataset's small text files.</summary>
internal static class TextLines
{
    /// <summary>The lines that are not blank, trimmed, with their numbers from 1.</summary>
    public static IReadOnlyList<(int Number, string Text)> Read(string path)
    {
        try
        {
            return [.. File.ReadAllLines(path).Select((text, i) => (i + 1, text.Trim())).Where(line => line.Item2.Length > 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the file could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that it exists and may be read.", e);
        }
    }

    /// <summary>Writes lines with a line feed each, so that the same content gives the same bytes on every platform.</summary>
    public static void Write(string path, IEnumerable<string> lines) => AtomicFile.Write(path, stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        foreach (string line in lines)
        {
            writer.WriteLine(line);
        }
    });
}
