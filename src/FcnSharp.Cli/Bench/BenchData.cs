using FcnSharp.Tensors;

namespace FcnSharp.Cli.Bench;

/// <summary>Numbers to compute on: zeros would let a machine save power or time.</summary>
internal static class BenchData
{
    /// <summary>Fills with numbers of the standard deviation given, roughly normal, the same every time.</summary>
    public static void Fill(Span<float> values, ulong stream, float scale)
    {
        ulong key = CounterRandom.Key(1, stream);
        for (int i = 0; i < values.Length; i++)
        {
            // The sum of four uniform 16-bit numbers has a variance of four twelfths.
            ulong bits = CounterRandom.BitsAt(key, (ulong)i);
            float sum = (ushort)bits + (ushort)(bits >> 16) + (ushort)(bits >> 32) + (ushort)(bits >> 48);
            values[i] = scale * 1.7320508f * (sum / 65535f - 2);
        }
    }
}
