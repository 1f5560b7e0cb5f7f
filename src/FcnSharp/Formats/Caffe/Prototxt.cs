using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Reads .prototxt files, protobuf's text format, into a tree of fields: comments, messages with and without a colon and in
/// angle brackets, lists, strings with escapes, adjacent strings, numbers, enums and truth values. It knows no schema;
/// <see cref="CaffeNetDefinition"/> and <see cref="CaffeSolver"/> do.
/// </summary>
public static class Prototxt
{
    /// <summary>Nets of a thousand layers have a tenth of it; what is larger is no net's definition.</summary>
    private const int MaxBytes = 4 << 20;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FcnSharpException">It cannot be read or is not in the text format; the message says where.</exception>
    public static PrototxtMessage Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            byte[] bytes = new byte[(int)Math.Min(stream.Length, MaxBytes + 1)];
            int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (count > MaxBytes)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} has {stream.Length} bytes, a .prototxt at most {MaxBytes}; give the net's definition, not its weights."));
            }

            return Parse(Encoding.UTF8.GetString(bytes, 0, count), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was not found; check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check that it is a file and that you may read it.", e);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="FcnSharpException">It is not in the text format; the message says where.</exception>
    public static PrototxtMessage Parse(string text, string source)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(source);
        return PrototxtParser.Parse(text, source);
    }
}
