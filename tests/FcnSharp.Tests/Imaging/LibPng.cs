using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>
/// The reference decoder libpng 1.6, as an oracle: raw samples without any transformation but unpacking. Only for files that
/// are known to be valid, as libpng reports errors by a jump that must not cross managed frames.
/// </summary>
internal static unsafe partial class LibPng
{
    private const string Library = "libpng16.so.16";

    /// <summary>The samples of a file, one ushort each, row by row; skips the test where libpng is missing.</summary>
    public static ushort[] ReadRaw(string path, out int width, out int height, out int bitDepth, out int colorType)
    {
        if (!NativeLibrary.TryLoad(Library, Assembly.GetExecutingAssembly(), null, out _))
        {
            Assert.Skip($"{Library} is not here: this test compares with the reference decoder.");
        }

        nint file = OpenFile(path, "rb");
        Assert.NotEqual(0, file);
        nint png = CreateReader("1.6.0", 0, 0, 0);
        Assert.NotEqual(0, png);
        nint info = CreateInfo(png);
        try
        {
            InitFile(png, file);
            ReadInfo(png, info);
            width = (int)GetWidth(png, info);
            height = (int)GetHeight(png, info);
            bitDepth = GetBitDepth(png, info);
            colorType = GetColorType(png, info);
            int channels = GetChannels(png, info);
            SetPacking(png);
            _ = SetInterlaceHandling(png);
            UpdateInfo(png, info);
            return ReadSamples(png, (int)GetRowBytes(png, info), width * channels, height, bitDepth);
        }
        finally
        {
            DestroyReader(ref png, ref info, 0);
            _ = CloseFile(file);
        }
    }

    private static ushort[] ReadSamples(nint png, int rowBytes, int rowSamples, int height, int bitDepth)
    {
        byte[] bytes = new byte[rowBytes * height];
        fixed (byte* first = bytes)
        {
            byte*[] rows = new byte*[height];
            for (int y = 0; y < height; y++)
            {
                rows[y] = first + ((long)y * rowBytes);
            }

            fixed (byte** pointers = rows)
            {
                ReadImage(png, pointers);
            }
        }

        int size = bitDepth == 16 ? 2 : 1;
        Assert.Equal(rowSamples * size, rowBytes);
        ushort[] samples = new ushort[rowSamples * height];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = size == 1 ? bytes[i] : (ushort)((bytes[2 * i] << 8) | bytes[(2 * i) + 1]);
        }

        return samples;
    }

    [LibraryImport("libc", EntryPoint = "fopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenFile(string path, string mode);

    [LibraryImport("libc", EntryPoint = "fclose")]
    private static partial int CloseFile(nint file);

    [LibraryImport(Library, EntryPoint = "png_create_read_struct", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint CreateReader(string version, nint errorPointer, nint error, nint warning);

    [LibraryImport(Library, EntryPoint = "png_create_info_struct")]
    private static partial nint CreateInfo(nint png);

    [LibraryImport(Library, EntryPoint = "png_init_io")]
    private static partial void InitFile(nint png, nint file);

    [LibraryImport(Library, EntryPoint = "png_read_info")]
    private static partial void ReadInfo(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_image_width")]
    private static partial uint GetWidth(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_image_height")]
    private static partial uint GetHeight(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_bit_depth")]
    private static partial byte GetBitDepth(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_color_type")]
    private static partial byte GetColorType(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_channels")]
    private static partial byte GetChannels(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_get_rowbytes")]
    private static partial nuint GetRowBytes(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_set_packing")]
    private static partial void SetPacking(nint png);

    [LibraryImport(Library, EntryPoint = "png_set_interlace_handling")]
    private static partial int SetInterlaceHandling(nint png);

    [LibraryImport(Library, EntryPoint = "png_read_update_info")]
    private static partial void UpdateInfo(nint png, nint info);

    [LibraryImport(Library, EntryPoint = "png_read_image")]
    private static partial void ReadImage(nint png, byte** rows);

    [LibraryImport(Library, EntryPoint = "png_destroy_read_struct")]
    private static partial void DestroyReader(ref nint png, ref nint info, nint endInfo);
}
