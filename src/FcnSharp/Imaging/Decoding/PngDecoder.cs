namespace FcnSharp.Imaging;

/// <summary>PNG by this library's own codec.</summary>
public sealed class PngDecoder : IImageDecoder
{
    /// <inheritdoc/>
    public string Format => "PNG";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(PngChunkReader.Signature) || (head.Length > 4 && head[1..4].SequenceEqual("PNG"u8));

    /// <inheritdoc/>
    public (int Width, int Height) ReadSize(Stream stream, string name)
    {
        using PngReader reader = new(stream, name, leaveOpen: true);
        return (reader.Width, reader.Height);
    }

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, long maxPixels) => PngFile.ReadRgb(stream, name, maxPixels);
}
