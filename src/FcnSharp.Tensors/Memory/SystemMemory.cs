using System.Globalization;

namespace FcnSharp.Tensors.Memory;

/// <summary>How much memory this process may hope for.</summary>
public static class SystemMemory
{
    /// <summary>
    /// Bytes that can be had now: on Linux what the kernel calls available, elsewhere the installed memory; never more than
    /// the control group's limit.
    /// </summary>
    public static long AvailableBytes()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        try
        {
            foreach (string line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                {
                    string kilobytes = line["MemAvailable:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                    return Math.Min(limit, 1024 * long.Parse(kilobytes, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // No such file outside of Linux: the limit alone is what is known.
            return limit;
        }

        return limit;
    }
}
