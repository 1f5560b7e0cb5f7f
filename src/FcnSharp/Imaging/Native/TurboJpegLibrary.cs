using System.Runtime.InteropServices;

namespace FcnSharp.Imaging;

/// <summary>The functions of the TurboJPEG API (version 2, which version 3 still has) that decoding needs.</summary>
internal static unsafe partial class TurboJpegLibrary
{
    public const string Name = "fcnsharp-turbojpeg";

    public const int PixelFormatRgb = 0;
    public const int PixelFormatCmyk = 11;
    public const int ColorSpaceCmyk = 3;
    public const int ColorSpaceYcck = 4;

    /// <summary>Accurate inverse DCT: what a net was trained on must not depend on the fast one's errors.</summary>
    public const int AccurateDct = 4096;

    /// <summary>At most 500 scans: a small progressive file may otherwise ask for hours.</summary>
    public const int LimitScans = 32768;

    /// <summary>The result of <see cref="ErrorCode"/> for what did not stop the decoder.</summary>
    public const int Warning = 0;

    [LibraryImport(Name, EntryPoint = "tjInitDecompress")]
    public static partial nint InitDecompress();

    [LibraryImport(Name, EntryPoint = "tjDecompressHeader3")]
    public static partial int DecompressHeader(nint handle, byte* jpeg, CULong size, out int width, out int height, out int subsampling, out int colorSpace);

    [LibraryImport(Name, EntryPoint = "tjDecompress2")]
    public static partial int Decompress(nint handle, byte* jpeg, CULong size, byte* pixels, int width, int pitch, int height, int pixelFormat, int flags);

    [LibraryImport(Name, EntryPoint = "tjGetErrorStr2")]
    public static partial nint ErrorText(nint handle);

    [LibraryImport(Name, EntryPoint = "tjGetErrorCode")]
    public static partial int ErrorCode(nint handle);

    [LibraryImport(Name, EntryPoint = "tjDestroy")]
    public static partial int Destroy(nint handle);
}
