using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Predict;

/// <summary>Paths, one a line, from a file or from standard input. What is no such list is refused before it fills the memory.</summary>
internal static class PathList
{
    /// <summary>The most paths of a list.</summary>
    public const int MaxPaths = 10_000_000;

    /// <summary>No system takes longer paths.</summary>
    private const int MaxLength = 32_767;

    /// <summary>Reads a list file.</summary>
    /// <exception cref="FcnSharpException">It cannot be read, is no list, or is empty.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        try
        {
            using StreamReader reader = new(path);
            return Read(reader, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the list could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that it is a file that exists and may be read.", e);
        }
    }

    /// <summary>The paths in lines that are not blank; a path keeps blanks in front and behind, which file names may have.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FcnSharpException">It is no list of paths, or is empty.</exception>
    public static IReadOnlyList<string> Read(TextReader reader, string name)
    {
        List<string> paths = [];
        StringBuilder line = new();
        int number = 1;
        for (int c = reader.Read(); ; c = reader.Read())
        {
            if (c is not (-1 or '\n'))
            {
                if (c == 0 || line.Length == MaxLength)
                {
                    throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{name}: line {number} is no path; expected the path of one image or folder in each line."));
                }

                line.Append((char)c);
                continue;
            }

            Add(paths, line.ToString(), name);
            line.Clear();
            number++;
            if (c < 0)
            {
                break;
            }
        }

        return paths.Count > 0 ? paths : throw new FcnSharpException($"{name}: expected the path of an image or folder in each line, found none.");
    }

    private static void Add(List<string> paths, string line, string name)
    {
        string path = line.TrimEnd('\r');
        if (string.IsNullOrWhiteSpace(path))
        {
            return;
        }

        if (paths.Count == MaxPaths)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{name}: more than {MaxPaths} paths; cut the list into several."));
        }

        paths.Add(path);
    }
}
