using System.Runtime.InteropServices;
using FcnSharp.Tensors;
using static FcnSharp.Imaging.TurboJpegLibrary;

namespace FcnSharp.Imaging;

/// <summary>
/// JPEG by libjpeg-turbo: baseline and progressive, grey, YCbCr, RGB, and CMYK where the library knows the sampling. The
/// accurate DCT is used. A file that is cut short or damaged is an error even where the library could show a part of it.
/// </summary>
public sealed unsafe class JpegDecoder : IImageDecoder
{
    private const int Flags = AccurateDct | LimitScans;

    /// <summary>
    /// The one warning after which every pixel may still be as it was encoded. All others (premature end, bad codes, lost markers)
    /// mean that pixels are missing or wrong.
    /// </summary>
    private const string StrayBytes = "extraneous bytes";

    /// <inheritdoc/>
    public string Format => "JPEG";

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(new byte[] { 0xFF, 0xD8, 0xFF });

    /// <inheritdoc/>
    public (int Width, int Height) ReadSize(Stream stream, string name) => WithHandle(stream, name, (handle, jpeg, size) =>
    {
        (int width, int height, _) = Header(handle, jpeg, size, name);
        return (width, height);
    });

    /// <inheritdoc/>
    public RgbImage Decode(Stream stream, string name, long maxPixels) => WithHandle(stream, name, (handle, jpeg, size) =>
    {
        (int width, int height, int colorSpace) = Header(handle, jpeg, size, name);
        bool cmyk = colorSpace is ColorSpaceCmyk or ColorSpaceYcck;
        ImageReader.CheckPixels(name, Format, width, height, maxPixels, cmyk ? 4 : 3);
        RgbImage image = new(width, height);
        if (!cmyk)
        {
            Decompress(handle, jpeg, size, image.Pixels, width, height, PixelFormatRgb, name);
            return image;
        }

        byte[] inks = new byte[4 * width * height];
        Decompress(handle, jpeg, size, inks, width, height, PixelFormatCmyk, name);
        ToRgb(inks, image.Pixels, HasAdobeMarker(new ReadOnlySpan<byte>(jpeg, (int)size.Value)));
        return image;
    });

    private delegate T Work<T>(nint handle, byte* jpeg, CULong size);

    private T WithHandle<T>(Stream stream, string name, Work<T> work)
    {
        NativeCodec.TurboJpeg.Require(name);
        byte[] content = ImageReader.ReadAll(stream, name, Format);
        nint handle = InitDecompress();
        if (handle == 0)
        {
            throw new FcnSharpException($"{name}: libjpeg-turbo could not start ({Text(0)}); free some memory.");
        }

        try
        {
            fixed (byte* jpeg = content)
            {
                return work(handle, jpeg, new CULong((uint)content.Length));
            }
        }
        finally
        {
            _ = Destroy(handle);
        }
    }

    private static (int Width, int Height, int ColorSpace) Header(nint handle, byte* jpeg, CULong size, string name) =>
        DecompressHeader(handle, jpeg, size, out int width, out int height, out _, out int colorSpace) == 0 || (ErrorCode(handle) == Warning && width > 0 && height > 0)
            ? (width, height, colorSpace)
            : throw Failure(name, Text(handle));

    private static void Decompress(nint handle, byte* jpeg, CULong size, byte[] target, int width, int height, int pixelFormat, string name)
    {
        int pitch = target.Length / height;
        fixed (byte* pixels = target)
        {
            if (TurboJpegLibrary.Decompress(handle, jpeg, size, pixels, width, pitch, height, pixelFormat, Flags) == 0)
            {
                return;
            }

            string warning = Text(handle);
            if (ErrorCode(handle) != Warning || !warning.Contains(StrayBytes, StringComparison.OrdinalIgnoreCase))
            {
                throw Failure(name, warning);
            }

            // Only the first warning's text is kept, so a worse one may follow it. Without the stray bytes there must be none.
            byte[] clean = WithoutStrayBytes(new ReadOnlySpan<byte>(jpeg, (int)size.Value));
            fixed (byte* cleanJpeg = clean)
            {
                if (TurboJpegLibrary.Decompress(handle, cleanJpeg, new CULong((uint)clean.Length), pixels, width, pitch, height, pixelFormat, Flags) != 0)
                {
                    throw Failure(name, Text(handle));
                }
            }
        }
    }

    /// <summary>The file without what stands between its segments, up to its first scan.</summary>
    private static byte[] WithoutStrayBytes(ReadOnlySpan<byte> jpeg)
    {
        List<byte> clean = new(jpeg.Length);
        clean.AddRange(jpeg[..2]);
        int at = 2;
        while (true)
        {
            while (at + 4 <= jpeg.Length && (jpeg[at] != 0xFF || jpeg[at + 1] is 0 or 0xFF))
            {
                at++;
            }

            int length = at + 4 <= jpeg.Length ? 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3]) : 0;
            if (length < 4 || jpeg[at + 1] == 0xDA || at + length > jpeg.Length)
            {
                clean.AddRange(jpeg[at..]);
                return [.. clean];
            }

            clean.AddRange(jpeg.Slice(at, length));
            at += length;
        }
    }

    private static string Text(nint handle) => (Marshal.PtrToStringUTF8(ErrorText(handle)) ?? "no reason given").ReplaceLineEndings(" ").Trim();

    private static FcnSharpException Failure(string name, string text)
    {
        int colon = text.IndexOf("(): ", StringComparison.Ordinal);
        string reason = colon >= 0 ? text[(colon + 4)..] : text;
        return reason.Contains("premature end", StringComparison.OrdinalIgnoreCase)
            ? new($"{name}: the JPEG is cut short or damaged ({reason}); fetch or export the file again.")
            : new($"{name}: the JPEG cannot be decoded ({reason}); fetch or export the file again, or convert it to PNG.");
    }

    /// <summary>Adobe's programs store inks inverted, and mark their files so.</summary>
    private static bool HasAdobeMarker(ReadOnlySpan<byte> jpeg)
    {
        int at = 2;
        while (at + 9 <= jpeg.Length && jpeg[at] == 0xFF)
        {
            byte marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            int length = (jpeg[at + 2] << 8) | jpeg[at + 3];
            if (marker == 0xDA || length < 2)
            {
                return false;
            }

            if (marker == 0xEE && jpeg[(at + 4)..].StartsWith("Adobe"u8))
            {
                return true;
            }

            at += 2 + length;
        }

        return false;
    }

    /// <summary>The usual conversion without a colour profile: light that passes the ink times light that passes black.</summary>
    private static void ToRgb(ReadOnlySpan<byte> inks, Span<byte> rgb, bool inverted)
    {
        int flip = inverted ? 0 : 255;
        for (int i = 0, o = 0; i < inks.Length; i += 4, o += 3)
        {
            int black = inks[i + 3] ^ flip;
            for (int c = 0; c < 3; c++)
            {
                rgb[o + c] = (byte)((((inks[i + c] ^ flip) * black) + 127) / 255);
            }
        }
    }
}
