using System.Runtime.InteropServices;
using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.TestKit;

/// <summary>Makes JPEG and WebP files with the encoders of the system's libraries, so that tests need no pictures of others.</summary>
public static unsafe partial class Codecs
{
    static Codecs() => NativeLibrary.SetDllImportResolver(typeof(Codecs).Assembly, (name, _, _) =>
        NativeLibrary.Load(name == "turbojpeg" ? (OperatingSystem.IsLinux() ? "libturbojpeg.so.0" : "libturbojpeg") : OperatingSystem.IsLinux() ? "libwebp.so.7" : "libwebp"));

    /// <summary>Skips the running test, with the reason, where a codec is not installed.</summary>
    public static void Need(NativeCodec codec)
    {
        if (!codec.IsInstalled)
        {
            Assert.Skip($"{codec.Name} is not installed: this test reads {codec.Format}.");
        }
    }

    /// <summary>A JPEG of an image: every pixel with its own colour (4:4:4), baseline or progressive.</summary>
    public static byte[] Jpeg(RgbImage image, int quality = 95, bool progressive = false)
    {
        Need(NativeCodec.TurboJpeg);
        const int Progressive = 16384;
        nint handle = InitCompress();
        nint buffer = 0;
        CULong size = default;
        try
        {
            fixed (byte* pixels = image.Pixels)
            {
                Assert.Equal(0, Compress(handle, pixels, image.Width, 0, image.Height, 0, ref buffer, ref size, 0, quality, progressive ? Progressive : 0));
            }

            return new ReadOnlySpan<byte>((void*)buffer, (int)size.Value).ToArray();
        }
        finally
        {
            FreeJpeg(buffer);
            _ = Destroy(handle);
        }
    }

    /// <summary>A lossless WebP of an image.</summary>
    public static byte[] WebP(RgbImage image)
    {
        Need(NativeCodec.WebP);
        fixed (byte* pixels = image.Pixels)
        {
            nint output = 0;
            nuint size = EncodeLossless(pixels, image.Width, image.Height, 3 * image.Width, ref output);
            byte[] content = new ReadOnlySpan<byte>((void*)output, (int)size).ToArray();
            FreeWebP(output);
            return content;
        }
    }

    /// <summary>A JPEG with an EXIF segment that asks for an orientation, inserted behind its first marker.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation, bool little = true)
    {
        byte[] exif = Exif(orientation, little);
        return [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg.AsSpan(2)];
    }

    /// <summary>EXIF with the one tag.</summary>
    public static byte[] Exif(int orientation, bool little)
    {
        byte value = (byte)orientation;
        byte[] tiff = little
            ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0];
        return [.. "Exif\0\0"u8, .. tiff];
    }

    [LibraryImport("turbojpeg", EntryPoint = "tjInitCompress")]
    private static partial nint InitCompress();

    [LibraryImport("turbojpeg", EntryPoint = "tjCompress2")]
    private static partial int Compress(nint handle, byte* pixels, int width, int pitch, int height, int pixelFormat, ref nint jpeg, ref CULong size, int subsampling, int quality, int flags);

    [LibraryImport("turbojpeg", EntryPoint = "tjFree")]
    private static partial void FreeJpeg(nint buffer);

    [LibraryImport("turbojpeg", EntryPoint = "tjDestroy")]
    private static partial int Destroy(nint handle);

    [LibraryImport("webp", EntryPoint = "WebPEncodeLosslessRGB")]
    private static partial nuint EncodeLossless(byte* pixels, int width, int height, int stride, ref nint output);

    [LibraryImport("webp", EntryPoint = "WebPFree")]
    private static partial void FreeWebP(nint buffer);
}
