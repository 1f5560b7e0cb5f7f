using System.CommandLine;
using System.Globalization;

namespace FcnSharp.Cli.Predict;

/// <summary>An amount of memory as users write it: a number and a unit.</summary>
internal static class MemorySize
{
    /// <summary>Less than this no net computes with.</summary>
    private const long Least = 1_000_000;

    private static readonly (string Suffix, double Bytes)[] Units =
    [
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40),
        ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
        ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12),
    ];

    /// <summary>An option for it; null where it is not given, because the help would show a default as a bare number.</summary>
    public static Option<long?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "size",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (TryParse(text, out long bytes))
            {
                return bytes;
            }

            result.AddError($"{name} needs an amount of memory of at least 1MB with its unit, such as 800MB or 1.5GB, found '{text}'");
            return null;
        },
    };

    /// <summary>Reads a number with a unit: kB, MB, GB, TB of 1000 each, KiB, MiB, GiB, TiB of 1024 each.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string upper = text.Trim().ToUpperInvariant();
        foreach ((string suffix, double unit) in Units)
        {
            if (upper.EndsWith(suffix, StringComparison.Ordinal))
            {
                double wanted = double.TryParse(upper[..^suffix.Length], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double number) ? number * unit : 0;
                bytes = wanted is >= Least and < long.MaxValue ? (long)wanted : 0;
                return bytes > 0;
            }
        }

        return false;
    }
}
