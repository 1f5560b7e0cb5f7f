using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace FcnSharp.Imaging;

/// <summary>Packed row bytes to samples and back, and samples to 8-bit RGB.</summary>
internal static class PngSamples
{
    /// <summary>Unpacks samples of up to 8 bits, raw.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, int bitDepth, Span<byte> samples)
    {
        if (bitDepth == 8)
        {
            packed[..samples.Length].CopyTo(samples);
            return;
        }

        int mask = (1 << bitDepth) - 1;
        int perByte = 8 / bitDepth;
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (byte)((packed[i / perByte] >> (8 - bitDepth - (i % perByte * bitDepth))) & mask);
        }
    }

    /// <summary>Packs samples of up to 8 bits; bits above the depth must be zero.</summary>
    public static void Pack(ReadOnlySpan<byte> samples, int bitDepth, Span<byte> packed)
    {
        if (bitDepth == 8)
        {
            samples.CopyTo(packed);
            return;
        }

        packed.Clear();
        int perByte = 8 / bitDepth;
        for (int i = 0; i < samples.Length; i++)
        {
            packed[i / perByte] |= (byte)(samples[i] << (8 - bitDepth - (i % perByte * bitDepth)));
        }
    }

    /// <summary>Reads 16-bit samples, raw; the file has the high byte first.</summary>
    public static void Unpack16(ReadOnlySpan<byte> packed, Span<ushort> samples)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = BinaryPrimitives.ReadUInt16BigEndian(packed[(2 * i)..]);
        }
    }

    /// <summary>Samples of up to 8 bits as bytes.</summary>
    public static void Narrow(ReadOnlySpan<ushort> samples, Span<byte> bytes)
    {
        bytes = bytes[..samples.Length];
        int i = 0;
        for (; i <= samples.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            Vector128.Narrow(Vector128.Create(samples[i..]), Vector128.Create(samples[(i + Vector128<ushort>.Count)..])).CopyTo(bytes[i..]);
        }

        for (; i < samples.Length; i++)
        {
            bytes[i] = (byte)samples[i];
        }
    }

    /// <summary>Writes 16-bit samples, high byte first.</summary>
    public static void Pack16(ReadOnlySpan<ushort> samples, Span<byte> packed)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packed[(2 * i)..], samples[i]);
        }
    }

    /// <summary>Samples scaled to 8 bits: round(sample * 255 / (2^depth - 1)), which is exact for depths of 1, 2, 4 and 8.</summary>
    public static void ScaleTo8(ReadOnlySpan<byte> packed, int bitDepth, Span<byte> samples)
    {
        if (bitDepth == 16)
        {
            // 65535 / 255 = 257 is odd, so that adding its half rounds to nearest and no value stands between two.
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (byte)((BinaryPrimitives.ReadUInt16BigEndian(packed[(2 * i)..]) + 128) / 257);
            }

            return;
        }

        Unpack(packed, bitDepth, samples);
        int scale = 255 / ((1 << bitDepth) - 1);
        if (scale > 1)
        {
            foreach (ref byte sample in samples)
            {
                sample = (byte)(sample * scale);
            }
        }
    }

    /// <summary>8-bit samples to R, G, B: grey is replicated, alpha left out.</summary>
    public static void ToRgb(ReadOnlySpan<byte> samples, int channels, Span<byte> rgb)
    {
        if (channels == 3)
        {
            samples.CopyTo(rgb);
            return;
        }

        int green = channels == 4 ? 1 : 0;
        int blue = channels == 4 ? 2 : 0;
        for (int s = 0, t = 0; t < rgb.Length; s += channels, t += 3)
        {
            rgb[t] = samples[s];
            rgb[t + 1] = samples[s + green];
            rgb[t + 2] = samples[s + blue];
        }
    }

    /// <summary>Looks indices up in a palette of R, G, B bytes.</summary>
    /// <returns>The position of the first index beyond the palette, or -1 when there is none.</returns>
    public static int LookUp(ReadOnlySpan<byte> indices, ReadOnlySpan<byte> palette, Span<byte> rgb)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            int entry = 3 * indices[i];
            if (entry >= palette.Length)
            {
                return i;
            }

            palette.Slice(entry, 3).CopyTo(rgb[(3 * i)..]);
        }

        return -1;
    }
}
