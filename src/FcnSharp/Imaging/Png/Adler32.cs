using System.Runtime.Intrinsics;

namespace FcnSharp.Imaging;

/// <summary>The checksum at the end of a zlib stream (RFC 1950): the sum of all bytes, and the sum of these sums, modulo 65521.</summary>
internal struct Adler32()
{
    private const uint Modulus = 65521;

    /// <summary>Bytes of a step: each lane adds up every so many-th byte.</summary>
    private const int Step = 16;

    /// <summary>Steps after which no lane can have left 32 bits: 255 * 4096 * 4097 / 2 is below 2^31.</summary>
    private const int MostSteps = 4096;

    private uint _sum = 1;
    private uint _sums;

    /// <summary>The checksum of all bytes appended so far; 1 for none.</summary>
    public readonly uint Value => (_sums << 16) | _sum;

    /// <summary>Takes more bytes into the checksum.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= Step)
        {
            int length = Math.Min(bytes.Length / Step, MostSteps) * Step;
            AppendSteps(bytes[..length]);
            bytes = bytes[length..];
        }

        foreach (byte b in bytes)
        {
            _sum += b;
            _sums += _sum;
        }

        _sum %= Modulus;
        _sums %= Modulus;
    }

    /// <summary>
    /// Whole steps. A byte counts for the sums as often as there are bytes from it to the end: 16 times the steps from its own on, which the lane's
    /// sums of sums add up, less its lane.
    /// </summary>
    private void AppendSteps(ReadOnlySpan<byte> bytes)
    {
        Lanes sum = default;
        Lanes sums = default;
        for (int i = 0; i < bytes.Length; i += Step)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Create(bytes[i..]));
            (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(low);
            (Vector128<uint> c, Vector128<uint> d) = Vector128.Widen(high);
            sum = new Lanes(sum.A + a, sum.B + b, sum.C + c, sum.D + d);
            sums = new Lanes(sums.A + sum.A, sums.B + sum.B, sums.C + sum.C, sums.D + sum.D);
        }

        ulong before = _sum;
        ulong total = sum.Total(0);
        ulong weighted = (Step * sums.Total(0)) - sum.Total(1);
        _sum = (uint)((before + total) % Modulus);
        _sums = (uint)((_sums + (before * (ulong)bytes.Length) + weighted) % Modulus);
    }

    /// <summary>The lanes of a step.</summary>
    private readonly record struct Lanes(Vector128<uint> A, Vector128<uint> B, Vector128<uint> C, Vector128<uint> D)
    {
        /// <summary>The sum of all lanes, each as often as its power of the lane's index says: 0 for once, 1 for the index.</summary>
        public ulong Total(int power)
        {
            ulong total = 0;
            for (int i = 0; i < Step; i++)
            {
                Vector128<uint> part = (i / 4) switch { 0 => A, 1 => B, 2 => C, _ => D };
                total += part[i % 4] * (power == 0 ? 1UL : (ulong)i);
            }

            return total;
        }
    }
}
