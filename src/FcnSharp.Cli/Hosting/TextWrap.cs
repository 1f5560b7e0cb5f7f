using System.Text;

namespace FcnSharp.Cli.Hosting;

/// <summary>Breaks text for a terminal, which by itself would break words.</summary>
internal static class TextWrap
{
    /// <summary>The text with breaks in the place of blanks, so that no line is longer than the width but one that is a single word.</summary>
    /// <param name="text">One line.</param>
    /// <param name="width">The most characters of a line.</param>
    /// <param name="indent">Blanks before each line but the first.</param>
    public static string AtBlanks(string text, int width, int indent)
    {
        StringBuilder lines = new();
        string rest = text;
        while (rest.Length > width)
        {
            int start = rest.Length - rest.TrimStart().Length;
            int blank = rest.LastIndexOf(' ', width);
            int end = rest.IndexOf(' ', Math.Max(blank, start) + 1);
            int word = (end < 0 ? rest.Length : end) - Math.Max(blank + 1, start);

            // What is too long for a line of its own stays where it is.
            blank = blank > start && word <= width - indent ? blank : end;
            if (blank < 0)
            {
                break;
            }

            lines.Append(rest.AsSpan(0, blank).TrimEnd()).Append('\n');
            rest = new string(' ', indent) + rest[blank..].TrimStart();
        }

        return lines.Append(rest).ToString();
    }
}
