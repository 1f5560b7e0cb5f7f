using Xunit;

namespace FcnSharp.Tests;

public sealed class Crc32Tests
{
    [Fact]
    public void The_check_value_of_the_standard_is_right()
    {
        Assert.Equal(0xCBF43926u, Of("123456789"u8));
        Assert.Equal(0u, Of([]));
    }

    /// <summary>Lengths on both sides of every block and step, from odd addresses, against one bit at a time.</summary>
    [Fact]
    public void All_lengths_are_right()
    {
        byte[] bytes = new byte[700];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length < 600; length++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(length % 17, length);
            Assert.Equal(BitByBit(part), Of(part));
        }
    }

    [Fact]
    public void Parts_of_any_length_make_up_the_whole()
    {
        byte[] bytes = new byte[100_000];
        Random random = new(2);
        random.NextBytes(bytes);
        Crc32 crc = default;
        crc.Reset();
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(0, 300));
            crc.Append(bytes.AsSpan(at, length));
            at += length;
        }

        Assert.Equal(BitByBit(bytes), crc.Value);
    }

    private static uint Of(ReadOnlySpan<byte> bytes)
    {
        Crc32 crc = default;
        crc.Reset();
        crc.Append(bytes);
        return crc.Value;
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }
}
