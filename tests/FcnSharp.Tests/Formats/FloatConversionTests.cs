using FcnSharp.Formats;
using Xunit;

namespace FcnSharp.Tests.Formats;

public sealed class FloatConversionTests
{
    // Tail lengths around the vectors of 8 and 16 elements.
    private static readonly int[] Lengths = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 100];

    [Fact]
    public void Every_half_becomes_what_the_runtime_makes_of_it()
    {
        ushort[] halves = AllHalves();
        float[] singles = new float[halves.Length];
        FloatConversion.HalfToSingle(halves, singles);
        for (int i = 0; i < halves.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(halves[i]);
            Assert.True(SameNumber(expected, singles[i]), $"{halves[i]:X4}: expected {expected}, found {singles[i]}");
        }
    }

    [Fact]
    public void Singles_round_to_half_as_in_the_runtime()
    {
        float[] singles = InterestingSingles();
        ushort[] halves = new ushort[singles.Length];
        FloatConversion.SingleToHalf(singles, halves);
        for (int i = 0; i < singles.Length; i++)
        {
            Half expected = (Half)singles[i];
            Half found = BitConverter.UInt16BitsToHalf(halves[i]);
            bool same = Half.IsNaN(expected) ? Half.IsNaN(found) : BitConverter.HalfToUInt16Bits(expected) == halves[i];
            Assert.True(same, $"{BitConverter.SingleToUInt32Bits(singles[i]):X8}: expected {expected}, found {found}");
        }
    }

    [Fact]
    public void Singles_round_to_bfloat_to_nearest_even()
    {
        float[] singles = InterestingSingles();
        ushort[] bfloats = new ushort[singles.Length];
        FloatConversion.SingleToBFloat(singles, bfloats);
        for (int i = 0; i < singles.Length; i++)
        {
            float found = BitConverter.UInt32BitsToSingle((uint)bfloats[i] << 16);
            float expected = NearestBFloat(singles[i]);
            Assert.True(SameNumber(expected, found), $"{BitConverter.SingleToUInt32Bits(singles[i]):X8}: expected {expected}, found {found}");
        }
    }

    [Fact]
    public void Every_bfloat_is_the_upper_half_of_its_single()
    {
        ushort[] bfloats = AllHalves();
        float[] singles = new float[bfloats.Length];
        FloatConversion.BFloatToSingle(bfloats, singles);
        for (int i = 0; i < bfloats.Length; i++)
        {
            Assert.Equal((uint)bfloats[i] << 16, BitConverter.SingleToUInt32Bits(singles[i]));
        }
    }

    [Fact]
    public void Doubles_round_as_a_cast_does()
    {
        Random random = new(3);
        double[] doubles = new double[1003];
        for (int i = 0; i < doubles.Length; i++)
        {
            doubles[i] = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
        }

        doubles[1] = 1e300;
        doubles[2] = 0.1;
        doubles[1002] = -0.1;
        float[] singles = new float[doubles.Length];
        FloatConversion.DoubleToSingle(doubles, singles);
        for (int i = 0; i < doubles.Length; i++)
        {
            Assert.True(SameNumber((float)doubles[i], singles[i]));
        }
    }

    [Fact]
    public void Tails_convert_like_whole_vectors()
    {
        float[] source = InterestingSingles();
        foreach (int length in Lengths)
        {
            ushort[] whole = new ushort[source.Length];
            ushort[] half = new ushort[length];
            float[] back = new float[length];
            FloatConversion.SingleToHalf(source, whole);
            FloatConversion.SingleToHalf(source.AsSpan(0, length), half);
            Assert.Equal(whole[..length], half);
            FloatConversion.HalfToSingle(half, back);
            Assert.Equal(half.Select(h => (float)BitConverter.UInt16BitsToHalf(h)), back);
            FloatConversion.SingleToBFloat(source, whole);
            FloatConversion.SingleToBFloat(source.AsSpan(0, length), half);
            Assert.Equal(whole[..length], half);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void The_first_non_finite_value_is_found_wherever_it_is(float bad)
    {
        for (int length = 1; length < 40; length++)
        {
            float[] values = [.. Enumerable.Repeat(float.MaxValue, length)];
            Assert.Equal(-1, FloatConversion.IndexOfNonFinite(values));
            for (int i = 0; i < length; i++)
            {
                float[] damaged = [.. values];
                damaged[i] = bad;
                damaged[^1] = bad;
                Assert.Equal(i, FloatConversion.IndexOfNonFinite(damaged));
            }
        }
    }

    [Fact]
    public void Overflow_is_a_finite_value_that_would_become_infinite()
    {
        float justFits = MathF.BitDecrement(65520f);
        Assert.Equal(-1, FloatConversion.IndexOfOverflow([1, justFits, -justFits, float.NaN, float.PositiveInfinity], ElementType.F16));
        Assert.Equal(2, FloatConversion.IndexOfOverflow([float.NaN, float.NegativeInfinity, -65520f], ElementType.F16));
        float bfloatFits = BitConverter.UInt32BitsToSingle(0x7F7F_7FFF);
        Assert.Equal(-1, FloatConversion.IndexOfOverflow([bfloatFits], ElementType.BF16));
        Assert.Equal(1, FloatConversion.IndexOfOverflow([0, MathF.BitIncrement(bfloatFits)], ElementType.BF16));
        Assert.Equal(-1, FloatConversion.IndexOfOverflow([float.MaxValue], ElementType.F32));
    }

    private static ushort[] AllHalves() => [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    // Each half and its halfway points, one unit to either side, and random bit patterns.
    private static float[] InterestingSingles()
    {
        List<float> values = [];
        foreach (ushort bits in AllHalves())
        {
            float exact = (float)BitConverter.UInt16BitsToHalf(bits);
            float next = (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float middle = exact + ((next - exact) / 2);
            float bfloat = BitConverter.UInt32BitsToSingle(((uint)bits << 16) | 0x8000);
            values.AddRange([exact, middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)]);
            values.AddRange([bfloat, MathF.BitIncrement(bfloat), MathF.BitDecrement(bfloat)]);
        }

        Random random = new(7);
        for (int i = 0; i < 200_003; i++)
        {
            values.Add(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        }

        return [.. values];
    }

    // Chooses between the two neighbours by distance, in double precision, without bit tricks of its own.
    private static float NearestBFloat(float value)
    {
        if (!float.IsFinite(value))
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint below = bits & 0xFFFF_0000;
        uint above = below + 0x1_0000;
        double lower = Math.Abs(BitConverter.UInt32BitsToSingle(below));

        // Beyond the largest finite bfloat lies 2^128, to which infinity stands in for the distance.
        double upper = (above & 0x7FFF_FFFF) == 0x7F80_0000 ? Math.Pow(2, 128) : Math.Abs(BitConverter.UInt32BitsToSingle(above));
        double down = Math.Abs(value) - lower;
        double up = upper - Math.Abs(value);
        bool takeUpper = up < down || (up == down && (below & 0x1_0000) != 0);
        return BitConverter.UInt32BitsToSingle(takeUpper ? above : below);
    }

    private static bool SameNumber(float expected, float found) => float.IsNaN(expected)
        ? float.IsNaN(found)
        : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(found);
}
