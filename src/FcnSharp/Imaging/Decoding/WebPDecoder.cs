using System.Buffers.Binary;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>WebP, lossy and lossless, by libwebp. The colour stored behind transparent pixels is taken, as for PNG.</summary>
public sealed unsafe class WebPDecoder : IImageDecoder
{
    private const int AnimationFlag = 2;

    /// <inheritdoc/>
    public string Format => "WebP";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8);

    /// <inheritdoc/>
    public (int Width, int Height) ReadSize(Stream stream, string name)
    {
        NativeCodec.WebP.Require(name);
        return Size(ReadWhole(stream, name), name);
    }

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, long maxPixels)
    {
        NativeCodec.WebP.Require(name);
        byte[] content = ReadWhole(stream, name);
        (int width, int height) = Size(content, name);
        ImageReader.CheckPixels(name, Format, width, height, maxPixels);
        RgbImage image = new(width, height);
        fixed (byte* data = content, pixels = image.Pixels)
        {
            return WebPLibrary.DecodeRgbInto(data, (nuint)content.Length, pixels, (nuint)image.Pixels.Length, 3 * width) != 0
                ? image
                : throw Damaged(name, "its pixels cannot be decoded");
        }
    }

    private byte[] ReadWhole(Stream stream, string name)
    {
        byte[] content = ImageReader.ReadAll(stream, name, Format);
        long expected = content.Length < 12 ? 12 : 8L + BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(4));
        if (expected > content.Length)
        {
            throw new FcnSharpException($"{name}: the WebP is cut short: premature end, expected {expected} bytes, found {content.Length}; fetch or export the file again.");
        }

        if (content.Length > 20 && content.AsSpan(12, 4).SequenceEqual("VP8X"u8) && (content[20] & AnimationFlag) != 0)
        {
            throw new FcnSharpException($"{name}: the WebP is an animation, expected one picture; save the frame that is wanted as PNG.");
        }

        return content;
    }

    private static (int Width, int Height) Size(byte[] content, string name)
    {
        fixed (byte* data = content)
        {
            return WebPLibrary.GetInfo(data, (nuint)content.Length, out int width, out int height) != 0
                ? (width, height)
                : throw Damaged(name, "its header cannot be read");
        }
    }

    private static FcnSharpException Damaged(string name, string what) => new($"{name}: the WebP is damaged: {what}; fetch or export the file again.");
}
