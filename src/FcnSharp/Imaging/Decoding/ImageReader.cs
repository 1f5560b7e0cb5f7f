using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>
/// Reads picture files of any format that one of its decoders knows, told by the content and not by the file's name, and
/// turns them upright by their EXIF orientation. Safe to use from several threads.
/// </summary>
public sealed class ImageReader
{
    private const string UnnamedPicture = "the picture";
    private const int MaxBytes = 1 << 30;
    private readonly IImageDecoder[] _decoders;

    /// <summary>Creates a reader.</summary>
    /// <param name="decoders">The decoders; the first that recognises a file reads it.</param>
    /// <param name="maxPixels">The most pixels of a picture, checked before memory is asked for.</param>
    public ImageReader(IEnumerable<IImageDecoder> decoders, long maxPixels = PngFile.DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(decoders);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPixels, 1);
        _decoders = [.. decoders];
        MaxPixels = maxPixels;
    }

    /// <summary>Reads PNG by this library, JPEG by libjpeg-turbo and WebP by libwebp where these are installed.</summary>
    public static ImageReader Default { get; } = new([new PngDecoder(), new JpegDecoder(), new WebPDecoder()]);

    /// <summary>The decoders, in the order in which they are asked.</summary>
    public IReadOnlyList<IImageDecoder> Decoders => _decoders;

    /// <summary>The most pixels of a picture.</summary>
    public long MaxPixels { get; }

    /// <summary>This reader with another limit, such as for pictures from strangers.</summary>
    /// <param name="maxPixels">The most pixels of a picture, checked before memory is asked for.</param>
    public ImageReader WithMaxPixels(long maxPixels) => new(_decoders, maxPixels);

    /// <summary>Reads a picture, upright, as 8-bit RGB; alpha is left out.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, is of no known format, damaged, cut short or too large; or the library for its format is not installed.</exception>
    public RgbImage Read(string path)
    {
        using Stream stream = Open(path);
        return Read(stream, path);
    }

    /// <summary>As <see cref="Read(string)"/>, from a stream, from where it stands to its end; it stays open. It need not be able to seek.</summary>
    /// <param name="stream">An encoded picture.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Read(string)"/>.</exception>
    public RgbImage Read(Stream stream, string name = UnnamedPicture) => With(stream, name, Decode);

    /// <summary>As <see cref="Read(string)"/>, from the bytes of a file.</summary>
    /// <param name="encoded">An encoded picture.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Read(string)"/>.</exception>
    public RgbImage Read(ReadOnlySpan<byte> encoded, string name = UnnamedPicture) => With(encoded, name, Decode);

    /// <summary>Reads format, size and orientation from a picture's header.</summary>
    /// <exception cref="FcnSharpException">As of <see cref="Read(string)"/>; damage beyond the header is not seen, and any size is right.</exception>
    public ImageInfo ReadInfo(string path)
    {
        using Stream stream = Open(path);
        return With(stream, path, Info);
    }

    /// <summary>As <see cref="ReadInfo(string)"/>, from the bytes of a file.</summary>
    /// <param name="encoded">An encoded picture.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FcnSharpException">As of <see cref="ReadInfo(string)"/>.</exception>
    public ImageInfo ReadInfo(ReadOnlySpan<byte> encoded, string name = UnnamedPicture) => With(encoded, name, Info);

    /// <summary>All bytes of a stream from where it stands, for the calls that take bytes.</summary>
    /// <param name="stream">An encoded picture; stays open.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FcnSharpException">The stream cannot be read, or has more than 2^30 bytes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream stream, CancellationToken cancellation, string name = UnnamedPicture)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            MemoryStream copy = new();
            byte[] part = new byte[1 << 16];
            int read;
            while ((read = await stream.ReadAsync(part, cancellation).ConfigureAwait(false)) > 0)
            {
                Append(copy, part.AsSpan(0, read), name);
            }

            return copy.GetBuffer().AsMemory(0, (int)copy.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PngFailure.Unreadable(name, e);
        }
    }

    /// <summary>Throws when a picture has more pixels than the caller accepts or an array of its bytes holds.</summary>
    internal static void CheckPixels(string name, string format, int width, int height, long maxPixels, int bytesPerPixel = 3)
    {
        long pixels = (long)width * height;
        long limit = Math.Min(maxPixels, Array.MaxLength / bytesPerPixel);
        if (width < 1 || height < 1)
        {
            throw new FcnSharpException($"{name}: the {format} is damaged (it has {width}x{height} pixels by its header); copy or save it again.");
        }

        if (pixels > limit)
        {
            throw new FcnSharpException($"{name}: the {format} has {width}x{height} = {pixels} pixels, the limit is {limit}; raise the limit or make the picture smaller.");
        }
    }

    /// <summary>The whole file: native decoders read from memory.</summary>
    internal static byte[] ReadAll(Stream stream, string name, string format)
    {
        long length = stream.Length - stream.Position;
        if (length > MaxBytes)
        {
            throw new FcnSharpException($"{name}: the {format} has {length} bytes, the limit is {MaxBytes}; save it smaller or as PNG.");
        }

        byte[] content = new byte[length];
        stream.ReadExactly(content);
        return content;
    }

    private static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PngFailure.Unreadable(path, e);
        }
    }

    private RgbImage Decode(IImageDecoder decoder, Stream stream, string name)
    {
        ImageOrientation orientation = Orientation(stream);
        RgbImage image = decoder.Decode(stream, name, MaxPixels);
        return orientation.Apply(image);
    }

    private static ImageInfo Info(IImageDecoder decoder, Stream stream, string name)
    {
        ImageOrientation orientation = Orientation(stream);
        (int width, int height) = decoder.ReadSize(stream, name);
        return orientation.SwapsSides() ? new(decoder.Format, height, width, orientation) : new ImageInfo(decoder.Format, width, height, orientation);
    }

    private static ImageOrientation Orientation(Stream stream)
    {
        ImageOrientation orientation = ExifOrientation.Read(stream);
        stream.Position = 0;
        return orientation;
    }

    private unsafe T With<T>(ReadOnlySpan<byte> encoded, string name, Func<IImageDecoder, Stream, string, T> read)
    {
        if (encoded.IsEmpty)
        {
            return With(Stream.Null, name, read);
        }

        fixed (byte* bytes = encoded)
        {
            using UnmanagedMemoryStream stream = new(bytes, encoded.Length);
            return With(stream, name, read);
        }
    }

    private T With<T>(Stream stream, string name, Func<IImageDecoder, Stream, string, T> read)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            if (!stream.CanSeek || stream.Position != 0)
            {
                // Decoders go back to the first byte.
                using MemoryStream copy = Copy(stream, name);
                return With(copy, name, read);
            }

            Span<byte> head = stackalloc byte[FileKind.HeadLength];
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            stream.Position = 0;
            foreach (IImageDecoder decoder in _decoders)
            {
                if (decoder.Recognizes(head))
                {
                    return read(decoder, stream, name);
                }
            }

            string known = string.Join(", ", _decoders.Select(decoder => decoder.Format));
            throw new FcnSharpException($"{name}: the file is {FileKind.Describe(head)}, expected a picture of one of the formats {known}; convert it to PNG.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PngFailure.Unreadable(name, e);
        }
    }

    private static MemoryStream Copy(Stream stream, string name)
    {
        MemoryStream copy = new();
        byte[] part = new byte[1 << 16];
        int read;
        while ((read = stream.Read(part)) > 0)
        {
            Append(copy, part.AsSpan(0, read), name);
        }

        copy.Position = 0;
        return copy;
    }

    private static void Append(MemoryStream copy, ReadOnlySpan<byte> part, string name)
    {
        if (copy.Length + part.Length > MaxBytes)
        {
            throw new FcnSharpException($"{name}: the stream has more than {MaxBytes} bytes, which is the limit; make the picture smaller.");
        }

        copy.Write(part);
    }
}
