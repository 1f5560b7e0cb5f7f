using System.Buffers.Binary;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>
/// Reads a PNG row by row, so that pictures larger than memory can be read: only two rows are held, unless the file is
/// interlaced, which has to be decoded whole. Samples come raw and exact: palette indices, grey values as stored, 16 bits
/// kept; the chunks about colour (gAMA, sRGB, cHRM, iCCP, sBIT) are never applied. Follows the PNG specification (W3C, third edition).
/// </summary>
/// <remarks>Every fault of the file is an <see cref="FcnSharpException"/> of one line that names it.</remarks>
public sealed class PngReader : IDisposable
{
    private readonly string _name;
    private readonly bool _leaveOpen;
    private readonly long _maxPixels;
    private readonly Stream _stream;
    private readonly PngChunkReader _chunks;
    private readonly PngPixelData _pixels;
    private byte[]? _image;
    private byte[]? _samples;

    /// <summary>Reads the header, the palette and the transparency; the pixels follow row by row.</summary>
    /// <param name="stream">The file, from its first byte; read forward only.</param>
    /// <param name="name">What messages call the file.</param>
    /// <param name="leaveOpen">Whether the stream outlives the reader.</param>
    /// <param name="maxInterlacedPixels">The most pixels of an interlaced file, which is held whole; others have no such limit.</param>
    /// <exception cref="FcnSharpException">The file is no PNG, is damaged or cut short, or has rows of more than 2^26 samples.</exception>
    public PngReader(Stream stream, string name, bool leaveOpen = false, long maxInterlacedPixels = PngFile.DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        _stream = stream;
        _name = name;
        _leaveOpen = leaveOpen;
        _maxPixels = maxInterlacedPixels;
        _chunks = new PngChunkReader(stream, name);
        try
        {
            _chunks.ReadSignature();
            Header = ReadHeader();
            ReadUntilData();
            CheckLength();
            _pixels = new PngPixelData(_chunks, Header, name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The size of the picture and how its pixels are stored.</summary>
    public PngHeader Header { get; }

    /// <summary>Width in pixels.</summary>
    public int Width => Header.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Header.Height;

    /// <summary>Bits a sample: 1, 2, 4, 8 or 16.</summary>
    public int BitDepth => Header.BitDepth;

    /// <summary>What the samples of a pixel mean.</summary>
    public PngColorType ColorType => Header.ColorType;

    /// <summary>Whether the file is interlaced (Adam7); its rows are read the same way.</summary>
    public bool Interlaced => Header.Interlaced;

    /// <summary>The colours that palette indices stand for; RGB files may carry one as a suggestion; else null.</summary>
    public Palette? Palette { get; private set; }

    /// <summary>
    /// What the chunk tRNS says, raw: the alpha (0 to 255) of the first palette entries; or the one grey value, or the one
    /// R, G, B, that stands for a transparent pixel. Empty when there is none.
    /// </summary>
    public ReadOnlyMemory<ushort> Transparency { get; private set; }

    /// <summary>How many rows have been read.</summary>
    public int RowsRead { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="maxInterlacedPixels">The most pixels of an interlaced file, which is held whole.</param>
    /// <exception cref="FcnSharpException">The file cannot be opened, is no PNG, is damaged or cut short.</exception>
    public static PngReader Open(string path, long maxInterlacedPixels = PngFile.DefaultMaxPixels)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
            return new PngReader(stream, path, leaveOpen: false, maxInterlacedPixels);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw PngFailure.Unreadable(path, e);
        }
    }

    /// <summary>Reads the next row as raw samples of up to 16 bits, Width * Channels of them.</summary>
    /// <exception cref="FcnSharpException">The file is damaged or cut short.</exception>
    /// <exception cref="ArgumentException">The buffer's length is not Width * Channels.</exception>
    /// <exception cref="InvalidOperationException">All rows have been read.</exception>
    public void ReadRow(Span<ushort> samples)
    {
        CheckBuffer(samples.Length, Header.RowSamples);
        ReadOnlySpan<byte> packed = NextRow();
        if (BitDepth == 16)
        {
            PngSamples.Unpack16(packed, samples);
            return;
        }

        Span<byte> bytes = Samples();
        PngSamples.Unpack(packed, BitDepth, bytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            samples[i] = bytes[i];
        }
    }

    /// <summary>Reads the next row as raw samples of up to 8 bits, Width * Channels of them.</summary>
    /// <exception cref="FcnSharpException">The file is damaged or cut short.</exception>
    /// <exception cref="ArgumentException">The buffer's length is not Width * Channels.</exception>
    /// <exception cref="InvalidOperationException">The samples have 16 bits, or all rows have been read.</exception>
    public void ReadRow(Span<byte> samples)
    {
        if (BitDepth == 16)
        {
            throw new InvalidOperationException("Samples of 16 bits do not fit bytes: read the row into ushorts.");
        }

        CheckBuffer(samples.Length, Header.RowSamples);
        PngSamples.Unpack(NextRow(), BitDepth, samples);
    }

    /// <summary>
    /// Reads the next row as 8-bit R, G, B, 3 * Width bytes: palette expanded, grey replicated, other depths scaled to 8 bits
    /// (rounded to nearest). Alpha and tRNS are left out and the stored colour is taken, as PIL, OpenCV and torchvision do
    /// when they are asked for RGB.
    /// </summary>
    /// <exception cref="FcnSharpException">The file is damaged or cut short, or an index is beyond the palette.</exception>
    /// <exception cref="ArgumentException">The buffer's length is not 3 * Width.</exception>
    /// <exception cref="InvalidOperationException">All rows have been read.</exception>
    public void ReadRgbRow(Span<byte> rgb)
    {
        CheckBuffer(rgb.Length, 3 * Width);
        ReadOnlySpan<byte> packed = NextRow();
        if (ColorType == PngColorType.Rgb && BitDepth == 8)
        {
            packed.CopyTo(rgb);
            return;
        }

        Span<byte> samples = Samples();
        if (ColorType != PngColorType.Palette)
        {
            PngSamples.ScaleTo8(packed, BitDepth, samples);
            PngSamples.ToRgb(samples, Header.Channels, rgb);
            return;
        }

        PngSamples.Unpack(packed, BitDepth, samples);
        int beyond = PngSamples.LookUp(samples, Palette!.Bytes, rgb);
        if (beyond >= 0)
        {
            throw PngFailure.Damaged(_name, $"the pixel at row {RowsRead - 1}, column {beyond} has index {samples[beyond]}, the palette ends at {Palette.Count - 1}");
        }
    }

    /// <summary>Closes the stream unless it was to be left open.</summary>
    public void Dispose()
    {
        _pixels?.Dispose();
        if (!_leaveOpen)
        {
            _stream.Dispose();
        }
    }

    private static void CheckBuffer(int length, int expected)
    {
        if (length != expected)
        {
            throw new ArgumentException($"A row needs a buffer of {expected}, found {length}.");
        }
    }

    private Span<byte> Samples() => _samples ??= new byte[Header.RowSamples];

    /// <summary>The next row, packed as in the file. With the last row the rest of the file is checked too.</summary>
    private ReadOnlySpan<byte> NextRow()
    {
        if (RowsRead == Height)
        {
            throw new InvalidOperationException($"All {Height} rows have been read.");
        }

        int y = RowsRead;
        ReadOnlySpan<byte> row;
        if (Interlaced)
        {
            _image ??= _pixels.ReadInterlaced(_maxPixels);
            row = _image.AsSpan(y * Header.RowBytes, Header.RowBytes);
        }
        else
        {
            row = _pixels.ReadRow(Header.RowBytes);
        }

        RowsRead++;
        if (RowsRead == Height)
        {
            _pixels.Finish();
            ReadUntilEnd();
        }

        return row;
    }

    private PngHeader ReadHeader()
    {
        _chunks.Next();
        if (_chunks.Type != "IHDR" || _chunks.Remaining != PngHeader.Length)
        {
            throw PngFailure.Damaged(_name, $"expected the chunk IHDR of {PngHeader.Length} bytes first, found {_chunks.Type} of {_chunks.Remaining}");
        }

        return PngHeader.Parse(_chunks.ReadAll(), _name);
    }

    private void ReadUntilData()
    {
        _chunks.Next();
        while (_chunks.Type != "IDAT")
        {
            ReadBeforeData();
            _chunks.Next();
        }

        if (ColorType == PngColorType.Palette && Palette is null)
        {
            throw PngFailure.Damaged(_name, "a palette image needs the chunk PLTE before its pixels, found none");
        }
    }

    private void ReadBeforeData()
    {
        switch (_chunks.Type)
        {
            // A palette that grey pixels cannot use is passed over: it does no harm.
            case "PLTE" when ColorType is not (PngColorType.Grey or PngColorType.GreyAlpha):
                ReadPalette();
                break;
            case "tRNS" when ColorType is PngColorType.Palette or PngColorType.Grey or PngColorType.Rgb:
                ReadTransparency();
                break;
            case "IEND":
                throw PngFailure.Damaged(_name, "the file ends without pixels (no chunk IDAT)");
            case "IHDR":
                throw PngFailure.Damaged(_name, "expected one chunk IHDR, found a second");
            default:
                Skip();
                break;
        }
    }

    private void ReadPalette()
    {
        int length = _chunks.Remaining;
        if (length is 0 or > 768 || length % 3 != 0)
        {
            throw PngFailure.Damaged(_name, $"expected a palette (PLTE) of 1 to 256 colours of 3 bytes, found {length} bytes");
        }

        if (Palette is not null || !Transparency.IsEmpty)
        {
            throw PngFailure.Damaged(_name, $"expected one palette (PLTE), before the transparency (tRNS), found {(Palette is null ? "it after tRNS" : "a second")}");
        }

        Palette = new Palette(_chunks.ReadAll());
    }

    private void ReadTransparency()
    {
        int length = _chunks.Remaining;
        bool fits = ColorType == PngColorType.Palette ? length >= 1 && length <= (Palette?.Count ?? 0) : length == 2 * Header.Channels;
        if (!fits || !Transparency.IsEmpty)
        {
            string expected = ColorType == PngColorType.Palette ? $"1 to {Palette?.Count ?? 0} bytes after the palette" : $"{2 * Header.Channels} bytes";
            throw PngFailure.Damaged(_name, $"expected one transparency (tRNS) of {expected}, found {length} bytes{(Transparency.IsEmpty ? "" : " of a second")}");
        }

        byte[] data = _chunks.ReadAll();
        Transparency = ColorType == PngColorType.Palette
            ? Array.ConvertAll(data, alpha => (ushort)alpha)
            : [.. data.Chunk(2).Select(pair => BinaryPrimitives.ReadUInt16BigEndian(pair))];
    }

    private void ReadUntilEnd()
    {
        while (_chunks.Type != "IEND")
        {
            if (_chunks.Type is "IDAT" or "PLTE" or "IHDR")
            {
                throw PngFailure.Damaged(_name, $"expected no more chunk {_chunks.Type} after the pixels, found one");
            }

            Skip();
            _chunks.Next();
        }

        _chunks.End();
    }

    private void Skip()
    {
        if (_chunks.IsCritical && _chunks.Type != "PLTE")
        {
            throw PngFailure.Damaged(_name, $"expected the critical chunks IHDR, PLTE, IDAT and IEND, found {_chunks.Type}");
        }

        _chunks.End();
    }

    /// <summary>
    /// Refuses a file that cannot hold its pixels however well they compress, before any memory is asked for:
    /// deflate spends at least 2 bits on a copy of at most 258 bytes, which is 1032 to 1.
    /// </summary>
    private void CheckLength()
    {
        const long MaxRatio = 1032;
        if (!_stream.CanSeek)
        {
            return;
        }

        long needed = (long)Header.RowBytes * Height / MaxRatio;
        long left = _stream.Length - _stream.Position;
        if (needed > left)
        {
            throw PngFailure.Truncated(_name, $"{Width}x{Height} pixels ({Header.Kind}, at least {needed} bytes, {left} are left)");
        }
    }
}
