using System.Globalization;

namespace FcnSharp.Tensors.Memory;

/// <summary>Amounts of memory for people: decimal units, three digits.</summary>
public static class ByteSize
{
    /// <summary>Such as "1.53 GB" or "12 bytes".</summary>
    public static string Format(long bytes)
    {
        string[] units = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if (bytes < 1000)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes");
        }

        double amount = bytes;
        int unit = -1;
        do
        {
            amount /= 1000;
            unit++;
        }
        while (amount >= 999.5 && unit < units.Length - 1);
        string digits = amount < 9.995 ? "0.00" : amount < 99.95 ? "0.0" : "0";
        return $"{amount.ToString(digits, CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
