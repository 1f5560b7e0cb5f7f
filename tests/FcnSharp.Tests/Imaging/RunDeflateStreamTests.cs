using System.IO.Compression;
using FcnSharp.Imaging;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>What is packed comes back from another library's reader, which checks the checksum, too.</summary>
public sealed class RunDeflateStreamTests
{
    private const int Block = 1 << 16;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData(3 * Block)]
    [InlineData((3 * Block) + 5)]
    public void Noise_and_flat_bytes_of_any_length_survive(int length)
    {
        byte[] bytes = new byte[length];
        Check(bytes);
        Array.Fill(bytes, byte.MaxValue);
        Check(bytes);
        new Random(length).NextBytes(bytes);
        Check(bytes);
    }

    /// <summary>A run of each length, which needs each length code, between other bytes and between runs.</summary>
    [Fact]
    public void Runs_of_every_length_survive()
    {
        for (int length = 1; length <= 600; length++)
        {
            Check([1, 2, .. Enumerable.Repeat((byte)7, length), .. Enumerable.Repeat((byte)9, length), 7, .. Enumerable.Repeat((byte)0, 12)]);
        }
    }

    [Fact]
    public void All_values_survive_however_rare()
    {
        // So often as the numbers of Fibonacci, as far as they fit a block: the longest codes.
        List<byte> bytes = [];
        (int count, int next) = (1, 1);
        for (byte value = 0; bytes.Count + count < Block; value++)
        {
            for (int i = 0; i < count; i++)
            {
                bytes.Insert(bytes.Count * i / count, value);
            }

            (count, next) = (next, count + next);
        }

        Check([.. bytes]);
        Check([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        Check([.. Enumerable.Range(0, 256).SelectMany(i => Enumerable.Repeat((byte)i, 2 * i))]);
    }

    [Fact]
    public void Any_mixture_survives_in_parts_of_any_length()
    {
        Prop.ForAll((int seed) =>
        {
            Random random = new(seed);
            byte[] bytes = Mixture(random);
            return Unpack(Pack(bytes, () => random.Next(1, 5000))).AsSpan().SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>As small as the same strategy of zlib: by frequency alone for noise, by runs for label maps.</summary>
    [Fact]
    public void Size_is_that_of_zlib_in_the_same_manner()
    {
        Random random = new(1);
        byte[] noise = [.. Enumerable.Range(0, 500_000).Select(_ => (byte)(random.Next(-9, 10) + random.Next(-9, 10)))];
        Assert.InRange(Pack(noise).Length, 1, 1.01 * PackByZlib(noise, ZLibCompressionStrategy.HuffmanOnly));

        byte[] labels = new byte[170_000];
        for (int at = 0; at < labels.Length; at += random.Next(5, 200))
        {
            labels[at] = (byte)random.Next(1, 12);
        }

        Assert.InRange(Pack(labels).Length, 1, 1.1 * PackByZlib(labels, ZLibCompressionStrategy.RunLengthEncoding));
        Assert.InRange(Pack(new byte[1_000_000]).Length, 1, 3000);

        byte[] random8 = new byte[1_000_000];
        random.NextBytes(random8);
        Assert.InRange(Pack(random8).Length, 1, 1.003 * random8.Length);
    }

    [Fact]
    public void A_target_that_fails_is_told_of_and_left_alone()
    {
        RunDeflateStream stream = new(new RefusingStream());
        stream.Write(new byte[Block]);
        Assert.Throws<IOException>(() => stream.Write(new byte[1]));
        Assert.Throws<IOException>(stream.Dispose);
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stream.Write(new byte[1]));
    }

    private static void Check(byte[] bytes) => Assert.Equal(bytes, Unpack(Pack(bytes)));

    private static byte[] Mixture(Random random)
    {
        List<byte> bytes = [];
        while (random.Next(40) > 0)
        {
            int length = random.Next(1, 1 << random.Next(1, 14));
            byte value = (byte)random.Next(256);
            int spread = random.Next(1, 256);
            bool flat = random.Next(2) == 0;
            for (int i = 0; i < length; i++)
            {
                bytes.Add(flat ? value : (byte)(value + random.Next(spread)));
            }
        }

        return [.. bytes];
    }

    private static byte[] Pack(byte[] bytes, Func<int>? length = null)
    {
        using MemoryStream packed = new();
        using (RunDeflateStream stream = new(packed))
        {
            for (int at = 0; at < bytes.Length;)
            {
                int part = Math.Min(length?.Invoke() ?? bytes.Length, bytes.Length - at);
                stream.Write(bytes.AsSpan(at, part));
                at += part;
            }
        }

        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using MemoryStream bytes = new();
        using MemoryStream source = new(packed);
        using (ZLibStream stream = new(source, CompressionMode.Decompress))
        {
            stream.CopyTo(bytes);
        }

        return bytes.ToArray();
    }

    private static long PackByZlib(byte[] bytes, ZLibCompressionStrategy strategy)
    {
        using MemoryStream packed = new();
        using (ZLibStream stream = new(packed, new ZLibCompressionOptions { CompressionLevel = 1, CompressionStrategy = strategy }, leaveOpen: true))
        {
            stream.Write(bytes);
        }

        return packed.Length;
    }

    private sealed class RefusingStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("disk full, on purpose");

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
