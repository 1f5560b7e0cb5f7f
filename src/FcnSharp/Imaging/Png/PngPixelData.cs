using System.IO.Compression;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>Inflates the pixel data of a PNG and undoes the filters, a row at a time.</summary>
internal sealed class PngPixelData : IDisposable
{
    /// <summary>So much is inflated at once: the decompressor is slow to start and to stop.</summary>
    private const int MostAhead = 1 << 15;

    private readonly PngHeader _header;
    private readonly string _name;
    private readonly PngDataStream _data;
    private readonly ZLibStream _inflated;
    private long _left;
    private byte[] _ahead = [];
    private int _start;
    private int _end;
    private byte[] _row = [];
    private byte[] _above = [];
    private byte[] _stored = [];

    /// <summary>Starts at the first IDAT chunk, which must be the current one.</summary>
    public PngPixelData(PngChunkReader chunks, PngHeader header, string name)
    {
        _header = header;
        _name = name;
        _data = new PngDataStream(chunks);
        _inflated = new ZLibStream(_data, CompressionMode.Decompress, leaveOpen: true);
        _left = header.Interlaced ? Adam7.Passes.ToArray().Sum(PassBytes) : (1L + header.RowBytes) * header.Height;
    }

    /// <summary>The next row of the picture, or of a pass, of so many bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> ReadRow(int rowBytes)
    {
        EnsureRows();
        (_row, _above) = (_above, _row);
        ReadExactly(_stored.AsSpan(0, 1 + rowBytes));
        int filter = _stored[0];
        if (filter >= PngFilter.Count)
        {
            throw PngFailure.Damaged(_name, $"expected a row filter of 0 to {PngFilter.Count - 1}, found {filter}");
        }

        PngFilter.Undo(filter, _stored.AsSpan(1, rowBytes + PngFilter.Margin), _above, _header.FilterDistance, _row);
        return _row.AsSpan(PngFilter.Margin, rowBytes);
    }

    /// <summary>Reads all passes of an interlaced picture and returns its packed rows.</summary>
    /// <exception cref="FcnSharpException">The picture is larger than the limit or than one array.</exception>
    public byte[] ReadInterlaced(long maxPixels)
    {
        byte[] image = new byte[CheckedBytes(maxPixels)];
        foreach (Adam7.Pass pass in Adam7.Passes)
        {
            int width = pass.Width(_header.Width);
            int height = width == 0 ? 0 : pass.Height(_header.Height);
            Array.Clear(_row);
            for (int y = 0; y < height; y++)
            {
                ReadOnlySpan<byte> packed = ReadRow(_header.PackedBytes(width));
                Span<byte> row = image.AsSpan((pass.Y + (y * pass.StepY)) * _header.RowBytes, _header.RowBytes);
                Adam7.Scatter(pass, packed, width, _header.BitsPerPixel, row);
            }
        }

        return image;
    }

    /// <summary>
    /// After the last row: lets the decompressor check its own checksum, and passes to the first chunk behind the pixels.
    /// Data beyond the last row are not inflated, as they may be without bound; other readers ignore them as well.
    /// </summary>
    public void Finish()
    {
        Span<byte> more = stackalloc byte[1];
        Inflate(more);
        _data.Drain();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inflated.Dispose();
        _data.Dispose();
    }

    private int CheckedBytes(long maxPixels)
    {
        PngFile.CheckPixels(_header, _name, maxPixels);
        long bytes = (long)_header.RowBytes * _header.Height;
        return bytes <= Array.MaxLength
            ? (int)bytes
            : throw new FcnSharpException($"{_name}: an interlaced PNG is decoded whole, which takes {bytes} bytes here, the limit is {Array.MaxLength}; save it without interlacing.");
    }

    /// <summary>The row buffers come with the first row: who asks for the header only does not pay for them.</summary>
    private void EnsureRows()
    {
        if (_row.Length == 0)
        {
            _row = PngFilter.CreateRow(_header.RowBytes);
            _above = PngFilter.CreateRow(_header.RowBytes);
            _stored = new byte[1 + _header.RowBytes + PngFilter.Margin];
            _ahead = new byte[Math.Min(MostAhead, _left)];
        }
    }

    private void ReadExactly(Span<byte> buffer)
    {
        int length = buffer.Length;
        while (!buffer.IsEmpty)
        {
            if (_start == _end)
            {
                InflateAhead();
            }

            int count = Math.Min(buffer.Length, _end - _start);
            if (count == 0)
            {
                throw PngFailure.Damaged(_name, $"the compressed pixels end inside a row, {buffer.Length} of its {length} bytes are missing");
            }

            _ahead.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Never beyond the last row: what stands there is not looked at.</summary>
    private void InflateAhead()
    {
        _end = Inflate(_ahead.AsSpan(0, (int)Math.Min(_ahead.Length, _left)));
        _start = 0;
        _left -= _end;
    }

    /// <summary>The bytes of a pass, filters included.</summary>
    private long PassBytes(Adam7.Pass pass)
    {
        int width = pass.Width(_header.Width);
        return width == 0 ? 0 : (1L + _header.PackedBytes(width)) * pass.Height(_header.Height);
    }

    private int Inflate(Span<byte> buffer)
    {
        try
        {
            return _inflated.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw PngFailure.Damaged(_name, "the compressed pixels (IDAT) cannot be inflated", e);
        }
    }
}
