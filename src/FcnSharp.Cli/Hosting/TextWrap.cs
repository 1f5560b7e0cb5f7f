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
            blank = blank > start ? blank : rest.IndexOf(' ', start);
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
