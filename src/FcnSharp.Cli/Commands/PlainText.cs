using System.Globalization;

namespace FcnSharp.Cli.Commands;

/// <summary>Text from files on its way to a terminal.</summary>
internal static class PlainText
{
    /// <summary>The text, in which what would break the line, or move the cursor, is shown by its code.</summary>
    public static string Of(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : c.ToString()));
}
