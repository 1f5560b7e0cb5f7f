using FcnSharp.Imaging;

namespace FcnSharp.Tests.Imaging;

/// <summary>Random pictures and whole-image reading for the PNG tests.</summary>
internal static class PngTestData
{
    /// <summary>Every colour type with each bit depth it allows.</summary>
    public static IReadOnlyList<(PngColorType ColorType, int Depth, int Channels)> Kinds { get; } =
    [
        (PngColorType.Grey, 1, 1), (PngColorType.Grey, 2, 1), (PngColorType.Grey, 4, 1), (PngColorType.Grey, 8, 1), (PngColorType.Grey, 16, 1),
        (PngColorType.Rgb, 8, 3), (PngColorType.Rgb, 16, 3),
        (PngColorType.Palette, 1, 1), (PngColorType.Palette, 2, 1), (PngColorType.Palette, 4, 1), (PngColorType.Palette, 8, 1),
        (PngColorType.GreyAlpha, 8, 2), (PngColorType.GreyAlpha, 16, 2),
        (PngColorType.Rgba, 8, 4), (PngColorType.Rgba, 16, 4),
    ];

    /// <summary>Samples that are smooth in some places and noisy in others, over the full range of the depth.</summary>
    public static ushort[] Samples(Random random, int width, int height, int channels, int depth)
    {
        int most = (1 << depth) - 1;
        ushort[] samples = new ushort[width * height * channels];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (ushort)(random.Next(3) == 0 ? random.Next(most + 1) : (i * 7 / channels) & most);
        }

        return samples;
    }

    /// <summary>All samples of a file, read by rows.</summary>
    public static ushort[] ReadAll(PngReader reader)
    {
        int row = reader.Header.RowSamples;
        ushort[] samples = new ushort[row * reader.Height];
        for (int y = 0; y < reader.Height; y++)
        {
            reader.ReadRow(samples.AsSpan(y * row, row));
        }

        return samples;
    }

    /// <summary>All samples of a file in memory.</summary>
    public static ushort[] ReadAll(byte[] file)
    {
        using PngReader reader = new(new MemoryStream(file), "test.png");
        return ReadAll(reader);
    }

    /// <summary>A file of the writer under test.</summary>
    public static byte[] Write(ushort[] samples, int width, int height, PngColorType colorType, int depth, int channels, PngPacking packing = PngPacking.Small)
    {
        using MemoryStream stream = new();
        Palette? palette = colorType == PngColorType.Palette ? new Palette(Palette.Voc.Bytes[..(3 << depth)]) : null;
        using (PngWriter writer = new(stream, width, height, colorType, depth, palette, packing))
        {
            for (int y = 0; y < height; y++)
            {
                ReadOnlySpan<ushort> row = samples.AsSpan(y * width * channels, width * channels);
                if (depth == 16)
                {
                    writer.WriteRow(row);
                }
                else
                {
                    writer.WriteRow(Array.ConvertAll(row.ToArray(), sample => (byte)sample));
                }
            }

            writer.Finish();
        }

        return stream.ToArray();
    }
}
