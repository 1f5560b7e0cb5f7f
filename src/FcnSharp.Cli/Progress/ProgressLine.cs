using System.Globalization;
using System.Text;

namespace FcnSharp.Cli.Progress;

/// <summary>Writes progress as text, the same under every culture.</summary>
internal static class ProgressLine
{
    private const int BarWidth = 20;

    /// <summary>Such as "[#####...............]"; empty when the total is not known.</summary>
    public static string Bar(long done, long total)
    {
        if (total <= 0)
        {
            return "";
        }

        int filled = (int)(BarWidth * Math.Clamp((double)done / total, 0, 1));
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}]";
    }

    /// <summary>Such as "512/1024", or "512" when the total is not known.</summary>
    public static string Count(long done, long total) => total > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{done}/{total}")
        : done.ToString(CultureInfo.InvariantCulture);

    /// <summary>Three significant digits, such as "12.3 images/s".</summary>
    public static string Rate(double itemsPerSecond, string unit)
    {
        string format = itemsPerSecond < 9.995 ? "0.00" : itemsPerSecond < 99.95 ? "0.0" : "0";
        return $"{itemsPerSecond.ToString(format, CultureInfo.InvariantCulture)} {unit}/s";
    }

    /// <summary>Such as "0:07", "12:34" or "1:02:03".</summary>
    public static string Duration(TimeSpan time)
    {
        long seconds = (long)Math.Round(time.TotalSeconds);
        return seconds < 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }

    /// <summary>The parts that are not empty, two blanks apart.</summary>
    public static string Join(params ReadOnlySpan<string> parts)
    {
        StringBuilder line = new();
        foreach (string part in parts)
        {
            if (part.Length > 0)
            {
                line.Append(line.Length > 0 ? "  " : "").Append(part);
            }
        }

        return line.ToString();
    }
}
