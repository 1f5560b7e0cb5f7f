using System.Buffers.Binary;
using System.IO.Compression;

namespace FcnSharp.Imaging;

/// <summary>
/// Writes a PNG row by row in bounded memory, so that pictures larger than memory can be written: a few rows and one
/// chunk of compressed data are held.
/// </summary>
public sealed class PngWriter : IDisposable
{
    private readonly PngHeader _header;
    private readonly PngChunkWriter _chunks;
    private readonly PngDataWriteStream _data;
    private readonly Stream _deflate;
    private readonly PngRowFilter _filter;
    private readonly byte[] _packed;
    private bool _finished;

    /// <summary>Writes the header and, where there is one, the palette.</summary>
    /// <param name="stream">Receives the file; stays open.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="colorType">What the samples mean.</param>
    /// <param name="bitDepth">Bits a sample, as the colour type allows.</param>
    /// <param name="palette">The colours; needed for palette images and for these only. It may have at most 2^bitDepth.</param>
    /// <param name="packing">What counts more, space or time.</param>
    /// <exception cref="Tensors.FcnSharpException">A size below 1x1, a row of more than 2^26 samples, or a bit depth that the colour type does not allow.</exception>
    /// <exception cref="ArgumentException">The palette is missing, not wanted or too long.</exception>
    public PngWriter(
        Stream stream,
        int width,
        int height,
        PngColorType colorType,
        int bitDepth,
        Palette? palette = null,
        PngPacking packing = PngPacking.Small)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (width < 1 || height < 1)
        {
            throw new Tensors.FcnSharpException($"A PNG needs at least 1x1 pixels, found {width}x{height}.");
        }

        PngHeader.CheckPixelKind(bitDepth, (int)colorType, "PNG to write");
        CheckPalette(colorType, bitDepth, palette);
        _header = new PngHeader(width, height, bitDepth, colorType, Interlaced: false);
        _header.CheckRow("PNG to write");
        _packed = new byte[_header.RowBytes];
        _filter = new PngRowFilter(_header, packing);
        _chunks = new PngChunkWriter(stream);
        _data = new PngDataWriteStream(_chunks);
        _deflate = packing == PngPacking.Small ? new ZLibStream(_data, CompressionLevel.Optimal, leaveOpen: true) : new RunDeflateStream(_data);
        WriteHead(palette);
    }

    /// <summary>How many rows have been written.</summary>
    public int RowsWritten { get; private set; }

    /// <summary>Writes the next row of samples of up to 8 bits, width * channels of them.</summary>
    /// <exception cref="ArgumentException">The row's length does not fit, or a sample is above what the bit depth holds.</exception>
    /// <exception cref="InvalidOperationException">The samples have 16 bits, or all rows are written.</exception>
    public void WriteRow(ReadOnlySpan<byte> samples)
    {
        if (_header.BitDepth == 16)
        {
            throw new InvalidOperationException("This PNG has samples of 16 bits: write rows of ushorts.");
        }

        CheckRow(samples.Length);
        byte most = (byte)((1 << _header.BitDepth) - 1);
        if (most < byte.MaxValue && samples.ContainsAnyExceptInRange((byte)0, most))
        {
            throw new ArgumentException($"A row has samples above {most}, which {_header.BitDepth} bits cannot hold.", nameof(samples));
        }

        PngSamples.Pack(samples, _header.BitDepth, _packed);
        WritePacked();
    }

    /// <summary>Writes the next row of 16-bit samples, width * channels of them.</summary>
    /// <exception cref="ArgumentException">The row's length does not fit.</exception>
    /// <exception cref="InvalidOperationException">The samples have fewer bits, or all rows are written.</exception>
    public void WriteRow(ReadOnlySpan<ushort> samples)
    {
        if (_header.BitDepth != 16)
        {
            throw new InvalidOperationException($"This PNG has samples of {_header.BitDepth} bits: write rows of bytes.");
        }

        CheckRow(samples.Length);
        PngSamples.Pack16(samples, _packed);
        WritePacked();
    }

    /// <summary>Ends the file after its last row. Without this call the file stays cut short and no reader takes it for whole.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public void Finish()
    {
        if (RowsWritten != _header.Height)
        {
            throw new InvalidOperationException($"The PNG has {RowsWritten} rows of {_header.Height}.");
        }

        if (!_finished)
        {
            _finished = true;
            _deflate.Dispose();
            _data.Dispose();
            _chunks.Write("IEND"u8, []);
        }
    }

    /// <summary>Frees the compressor; the stream stays open.</summary>
    public void Dispose()
    {
        if (!_finished)
        {
            _finished = true;
            _data.Abandon();
            _deflate.Dispose();
            _data.Dispose();
        }
    }

    private static void CheckPalette(PngColorType colorType, int bitDepth, Palette? palette)
    {
        if ((colorType == PngColorType.Palette) != (palette is not null))
        {
            throw new ArgumentException("A palette belongs to palette images, and to these only.", nameof(palette));
        }

        if (palette?.Count > 1 << bitDepth)
        {
            throw new ArgumentException($"A palette for {bitDepth} bits has at most {1 << bitDepth} colours, found {palette.Count}.", nameof(palette));
        }
    }

    private void WriteHead(Palette? palette)
    {
        _chunks.WriteSignature();
        Span<byte> head = stackalloc byte[PngHeader.Length];
        BinaryPrimitives.WriteInt32BigEndian(head, _header.Width);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], _header.Height);
        head[8] = (byte)_header.BitDepth;
        head[9] = (byte)_header.ColorType;
        head[10..].Clear();
        _chunks.Write("IHDR"u8, head);
        if (palette is not null)
        {
            _chunks.Write("PLTE"u8, palette.Bytes);
        }
    }

    private void CheckRow(int length)
    {
        if (length != _header.RowSamples)
        {
            throw new ArgumentException($"A row has {_header.RowSamples} samples, found {length}.");
        }

        if (RowsWritten == _header.Height)
        {
            throw new InvalidOperationException($"All {_header.Height} rows have been written.");
        }
    }

    private void WritePacked()
    {
        _deflate.Write(_filter.Next(_packed));
        RowsWritten++;
    }
}
