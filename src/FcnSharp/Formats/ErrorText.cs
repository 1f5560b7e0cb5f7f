using System.Globalization;
using System.Text;

namespace FcnSharp.Formats;

/// <summary>Makes text that comes from a file fit for a one-line message.</summary>
internal static class ErrorText
{
    private const int MaxQuoted = 80;

    /// <summary>The text in quotes, without line breaks or control characters, cut after 80 characters.</summary>
    public static string Quote(string text) =>
        text.Length <= MaxQuoted ? $"'{OneLine(text)}'" : $"'{OneLine(text[..MaxQuoted])}...'";

    /// <summary>The text with every line break, control, format and unpaired surrogate character replaced by its code.</summary>
    public static string OneLine(string text)
    {
        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsVisible(rune))
            {
                line.Append(rune.ToString());
            }
            else
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }
        }

        return line.ToString();
    }

    private static bool IsVisible(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate);
}
