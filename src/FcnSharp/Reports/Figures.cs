using System.Globalization;

namespace FcnSharp.Reports;

/// <summary>How numbers are written for people; the same under every culture.</summary>
internal static class Figures
{
    private const string Missing = "–";

    /// <summary>A fraction as a percentage with one decimal, without its sign.</summary>
    public static string Percent(double fraction, string format = "0.0") =>
        double.IsFinite(fraction) ? (100 * fraction).ToString(format, CultureInfo.InvariantCulture) : Missing;

    /// <summary>A whole number in groups of three.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number with three significant digits, large ones with k or M.</summary>
    public static string Short(double value)
    {
        double size = Math.Abs(value);
        return !double.IsFinite(value) ? Missing
            : size >= 1e6 ? Digits(value / 1e6) + "M"
            : size >= 1e4 ? Digits(value / 1e3) + "k"
            : size >= 1e-3 || value == 0 ? Digits(value)
            : value.ToString("0.##e0", CultureInfo.InvariantCulture);
    }

    /// <summary>A time in the two units that matter.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 59.95 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
    };

    private static string Digits(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };
}
