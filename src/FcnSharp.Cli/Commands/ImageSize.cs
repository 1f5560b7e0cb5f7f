using System.CommandLine.Parsing;
using System.Globalization;

namespace FcnSharp.Cli.Commands;

/// <summary>An image's size on the command line, such as 480x360: height, then width.</summary>
internal static class ImageSize
{
    private const int LargestSide = 1 << 15;

    /// <summary>Parses the value of an option.</summary>
    public static (int Height, int Width)? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        string[] parts = text.Split('x');
        if (parts.Length == 2 && Side(parts[0], out int height) && Side(parts[1], out int width))
        {
            return (height, width);
        }

        result.AddError($"--size needs height and width from 1 to {LargestSide}, such as 480x360, found '{text}'");
        return null;
    }

    private static bool Side(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= 1 and <= LargestSide;
}
