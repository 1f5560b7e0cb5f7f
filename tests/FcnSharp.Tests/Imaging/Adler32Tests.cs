using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.Tests.Imaging;

public sealed class Adler32Tests
{
    [Fact]
    public void The_checksum_of_known_texts_is_right()
    {
        Assert.Equal(1u, Of([]));
        Assert.Equal(0x11E60398u, Of("Wikipedia"u8));
    }

    [Fact]
    public void All_lengths_are_right()
    {
        byte[] bytes = new byte[400];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length < 300; length++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(length % 17, length);
            Assert.Equal(ByteByByte(part), Of(part));
        }
    }

    /// <summary>The largest values, far beyond what a lane could add up without a remainder.</summary>
    [Fact]
    public void Nothing_overflows()
    {
        byte[] bytes = new byte[3_000_001];
        Array.Fill(bytes, byte.MaxValue);
        Assert.Equal(ByteByByte(bytes), Of(bytes));
    }

    [Fact]
    public void Parts_of_any_length_make_up_the_whole()
    {
        byte[] bytes = new byte[200_000];
        Random random = new(2);
        random.NextBytes(bytes);
        Adler32 sum = new();
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(0, 300));
            sum.Append(bytes.AsSpan(at, length));
            at += length;
        }

        Assert.Equal(ByteByByte(bytes), sum.Value);
    }

    private static uint Of(ReadOnlySpan<byte> bytes)
    {
        Adler32 sum = new();
        sum.Append(bytes);
        return sum.Value;
    }

    private static uint ByteByByte(ReadOnlySpan<byte> bytes)
    {
        (uint sum, uint sums) = (1, 0);
        foreach (byte b in bytes)
        {
            sum = (sum + b) % 65521;
            sums = (sums + sum) % 65521;
        }

        return (sums << 16) | sum;
    }
}
