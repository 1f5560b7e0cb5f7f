using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FcnSharp.Formats;

/// <summary>
/// Conversions between 32-bit floats and the other floating-point types of files, eight or sixteen elements at a time.
/// All round to nearest, ties to even. The method of the binary16 pair is Fabian Giesen's ("float->half variants", public domain):
/// shift the fields into place, then rebias; subnormals are renormalised by an exact float addition or subtraction.
/// </summary>
internal static class FloatConversion
{
    private const uint Infinity32 = 0x7F80_0000;
    private const uint HalfMinNormal32 = 113u << 23;
    private const uint HalfOverflow32 = 143u << 23;
    private const uint HalfSubnormalMagic = 126u << 23;

    /// <summary>binary16 to binary32: exact.</summary>
    public static void HalfToSingle(ReadOnlySpan<ushort> source, Span<float> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Create(source[i..]));
            HalfToSingle(lower).CopyTo(target[i..]);
            HalfToSingle(upper).CopyTo(target[(i + Vector256<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = HalfToSingle(Vector256.CreateScalar((uint)source[i])).ToScalar();
        }
    }

    /// <summary>binary32 to binary16; beyond 65504 becomes infinite, a NaN becomes the quiet NaN of its sign.</summary>
    public static void SingleToHalf(ReadOnlySpan<float> source, Span<ushort> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            Vector256<uint> lower = SingleToHalf(Vector256.Create(source[i..]));
            Vector256<uint> upper = SingleToHalf(Vector256.Create(source[(i + Vector256<uint>.Count)..]));
            Vector256.Narrow(lower, upper).CopyTo(target[i..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = (ushort)SingleToHalf(Vector256.CreateScalar(source[i])).ToScalar();
        }
    }

    /// <summary>bfloat16 to binary32: exact.</summary>
    public static void BFloatToSingle(ReadOnlySpan<ushort> source, Span<float> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Create(source[i..]));
            (lower << 16).AsSingle().CopyTo(target[i..]);
            (upper << 16).AsSingle().CopyTo(target[(i + Vector256<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    /// <summary>binary32 to bfloat16; what rounds beyond the largest becomes infinite, a NaN stays one and becomes quiet.</summary>
    public static void SingleToBFloat(ReadOnlySpan<float> source, Span<ushort> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            Vector256<uint> lower = SingleToBFloat(Vector256.Create(source[i..]));
            Vector256<uint> upper = SingleToBFloat(Vector256.Create(source[(i + Vector256<uint>.Count)..]));
            Vector256.Narrow(lower, upper).CopyTo(target[i..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = (ushort)SingleToBFloat(Vector256.CreateScalar(source[i])).ToScalar();
        }
    }

    /// <summary>binary64 to binary32; beyond the range of binary32 becomes infinite.</summary>
    public static void DoubleToSingle(ReadOnlySpan<double> source, Span<float> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<double> lower = Vector256.Create(source[i..]);
            Vector256<double> upper = Vector256.Create(source[(i + Vector256<double>.Count)..]);
            Vector256.Narrow(lower, upper).CopyTo(target[i..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = (float)source[i];
        }
    }

    /// <summary>The index of the first NaN or infinity, -1 when there is none.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values) => IndexOfMagnitude(values, Infinity32);

    /// <summary>The index of the first finite value that would become infinite in a narrower type, -1 when there is none.</summary>
    public static int IndexOfOverflow(ReadOnlySpan<float> values, ElementType type)
    {
        if (type == ElementType.F32)
        {
            return -1;
        }

        // The halfway points above the largest finite values, which round up to infinity.
        uint limit = type == ElementType.F16 ? BitConverter.SingleToUInt32Bits(65520f) : 0x7F7F_8000;
        for (int start = 0; start < values.Length; start++)
        {
            int hit = IndexOfMagnitude(values[start..], limit);
            if (hit < 0 || float.IsFinite(values[start + hit]))
            {
                return hit < 0 ? -1 : start + hit;
            }

            start += hit;
        }

        return -1;
    }

    // Without its sign bit a float orders like an integer, with infinity and then the NaNs above all finite values.
    private static int IndexOfMagnitude(ReadOnlySpan<float> values, uint limit)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            Vector256<uint> magnitude = Vector256.Create(bits[i..]) & Vector256.Create(0x7FFF_FFFFu);
            if (Vector256.GreaterThanAny(magnitude.AsInt32(), Vector256.Create((int)limit - 1)))
            {
                break;
            }
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & 0x7FFF_FFFF) >= limit)
            {
                return i;
            }
        }

        return -1;
    }

    private static Vector256<float> HalfToSingle(Vector256<uint> half)
    {
        Vector256<uint> fields = (half & Vector256.Create(0x7FFFu)) << 13;
        Vector256<uint> exponent = fields & Vector256.Create(0x7C00u << 13);
        Vector256<uint> normal = fields + Vector256.Create((127u - 15) << 23);
        Vector256<uint> special = normal + Vector256.Create((128u - 16) << 23);
        Vector256<uint> minNormal = Vector256.Create(HalfMinNormal32);
        Vector256<uint> subnormal = ((normal + Vector256.Create(1u << 23)).AsSingle() - minNormal.AsSingle()).AsUInt32();

        Vector256<uint> magnitude = Vector256.ConditionalSelect(Vector256.Equals(exponent, Vector256.Create(0x7C00u << 13)), special, normal);
        magnitude = Vector256.ConditionalSelect(Vector256.Equals(exponent, Vector256<uint>.Zero), subnormal, magnitude);
        return (magnitude | ((half & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    private static Vector256<uint> SingleToHalf(Vector256<float> value)
    {
        Vector256<uint> sign = value.AsUInt32() & Vector256.Create(0x8000_0000u);
        Vector256<uint> magnitude = value.AsUInt32() ^ sign;

        // Adding a half less one unit, and one more if the result would be odd, rounds ties to even.
        Vector256<uint> odd = (magnitude >> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (magnitude - Vector256.Create((127u - 15) << 23) + Vector256.Create(0xFFFu) + odd) >> 13;
        Vector256<uint> magic = Vector256.Create(HalfSubnormalMagic);
        Vector256<uint> subnormal = (magnitude.AsSingle() + magic.AsSingle()).AsUInt32() - magic;
        Vector256<uint> isNaN = Vector256.GreaterThan(magnitude, Vector256.Create(Infinity32));
        Vector256<uint> special = Vector256.ConditionalSelect(isNaN, Vector256.Create(0x7E00u), Vector256.Create(0x7C00u));

        Vector256<uint> half = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(HalfMinNormal32)), subnormal, normal);
        half = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(HalfOverflow32)), special, half);
        return half | (sign >> 16);
    }

    private static Vector256<uint> SingleToBFloat(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> odd = (bits >> 16) & Vector256<uint>.One;
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + odd) >> 16;
        Vector256<uint> quietNaN = (bits >> 16) | Vector256.Create(0x40u);
        Vector256<uint> isNaN = Vector256.GreaterThan(bits & Vector256.Create(0x7FFF_FFFFu), Vector256.Create(Infinity32));
        return Vector256.ConditionalSelect(isNaN, quietNaN, rounded);
    }
}
