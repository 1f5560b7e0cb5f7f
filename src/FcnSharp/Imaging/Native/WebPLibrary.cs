using System.Runtime.InteropServices;

namespace FcnSharp.Imaging;

/// <summary>The functions of libwebp's simple API that decoding needs.</summary>
internal static unsafe partial class WebPLibrary
{
    public const string Name = "fcnsharp-webp";

    [LibraryImport(Name, EntryPoint = "WebPGetInfo")]
    public static partial int GetInfo(byte* data, nuint size, out int width, out int height);

    [LibraryImport(Name, EntryPoint = "WebPDecodeRGBInto")]
    public static partial nint DecodeRgbInto(byte* data, nuint size, byte* pixels, nuint pixelsSize, int stride);
}
