using System.Globalization;
using FcnSharp.Data.Labels;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// The file classes.txt: a line for each class in the order of the labels, its name and, if wanted, its colour as three numbers: <c>name r g b</c>.
/// Names may contain spaces. Blank lines do not count. A last line <c>void r g b</c> is no class: it gives the colour of pixels that do not count.
/// </summary>
public static class ClassFile
{
    /// <summary>Reads the classes; those without a colour get the one of PASCAL VOC's palette.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, holds no class, a name twice, or a colour out of 0 to 255.</exception>
    public static IReadOnlyList<ClassInfo> Read(string path) => ReadTable(path).Classes;

    /// <summary>Writes the classes with their colours.</summary>
    /// <exception cref="FcnSharpException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<ClassInfo> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        TextLines.Write(path, classes.Select(info => string.Create(CultureInfo.InvariantCulture, $"{info.Name} {info.R} {info.G} {info.B}")));
    }

    /// <summary>The classes with what the file says of their colours.</summary>
    internal static ClassTable ReadTable(string path)
    {
        List<ClassInfo> classes = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        bool coloured = true;
        IReadOnlyList<(int Number, string Text)> lines = TextLines.Read(path);
        (byte, byte, byte)? voidColour = null;
        for (int i = 0; i < lines.Count; i++)
        {
            (int number, string text) = lines[i];
            (ClassInfo info, bool hasColour) = Parse(path, number, text, classes.Count);
            if (hasColour && i == lines.Count - 1 && info.Name.Equals("void", StringComparison.OrdinalIgnoreCase))
            {
                voidColour = (info.R, info.G, info.B);
                continue;
            }

            if (!names.Add(info.Name))
            {
                throw new FcnSharpException($"{path}: line {number} names the class '{info.Name}' a second time; each class needs a name of its own.");
            }

            coloured &= hasColour;
            classes.Add(info);
        }

        return classes.Count > 0
            ? new(classes, coloured, voidColour)
            : throw new FcnSharpException($"{path}: expected a line 'name r g b' for each class, found none; fill the file or delete it.");
    }

    /// <summary>A class that has only a name, in the colour that PASCAL VOC's palette has for its label.</summary>
    internal static ClassInfo WithVocColour(string name, int label)
    {
        (byte r, byte g, byte b) = Palette.Voc[label % Palette.MaxCount];
        return new(name, r, g, b);
    }

    private static (ClassInfo Info, bool HasColour) Parse(string path, int line, string text, int label)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 4 || !words[^3..].All(IsInteger))
        {
            return (WithVocColour(string.Join(' ', words), label), false);
        }

        return IsByte(words[^3], out byte r) && IsByte(words[^2], out byte g) && IsByte(words[^1], out byte b)
            ? (new(string.Join(' ', words[..^3]), r, g, b), true)
            : throw new FcnSharpException($"{path}: line {line} has the colour {string.Join(' ', words[^3..])}, expected three numbers from 0 to 255; correct it or leave the colour out.");
    }

    private static bool IsInteger(string word) => word.TrimStart('-').All(char.IsAsciiDigit);

    private static bool IsByte(string word, out byte value) => byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
