using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FcnSharp.Data.Download;

/// <summary>
/// Stands between a tar and its reader, which takes memory for as much metadata as a header asks for: follows the headers as they
/// pass and ends the reading at one that asks for too much.
/// </summary>
/// <param name="tar">The tar; stays open.</param>
internal sealed class TarHeaderGuard(Stream tar) : Stream
{
    private const int Block = 512;
    private const int SizeOffset = 124;
    private const int SizeDigits = 12;
    private const int TypeOffset = 156;
    private const int MaxMetadata = 1 << 20;

    private readonly byte[] _header = new byte[Block];
    private readonly MemoryStream _attributes = new();
    private int _headerBytes;
    private long _dataLeft;
    private long _attributesLeft;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A header asks for too much.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = tar.Read(buffer);
        Follow(buffer[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Follow(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_dataLeft > 0)
            {
                int data = (int)Math.Min(_dataLeft, bytes.Length);
                int attributes = (int)Math.Min(_attributesLeft, data);
                _attributes.Write(bytes[..attributes]);
                _attributesLeft -= attributes;
                _dataLeft -= data;
                bytes = bytes[data..];
                CheckAttributes();
                continue;
            }

            int part = Math.Min(Block - _headerBytes, bytes.Length);
            bytes[..part].CopyTo(_header.AsSpan(_headerBytes));
            _headerBytes += part;
            bytes = bytes[part..];
            if (_headerBytes == Block)
            {
                _headerBytes = 0;
                Enter();
            }
        }
    }

    /// <summary>A whole header has passed.</summary>
    private void Enter()
    {
        long size = Size(_header.AsSpan(SizeOffset, SizeDigits));
        char type = (char)_header[TypeOffset];
        if (type is 'x' or 'g' or 'L' or 'K' && size > MaxMetadata)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has {size} bytes of metadata for one file, at most {MaxMetadata} make sense"));
        }

        // Links, folders and devices have no data, whatever the header says.
        _dataLeft = type is >= '1' and <= '6' ? 0 : (size + Block - 1) / Block * Block;
        _attributesLeft = type is 'x' or 'g' ? size : 0;
        _attributes.SetLength(0);
    }

    /// <summary>Attributes may replace a header's size, for files beyond 8 GB: no archive here has one, and the headers behind it could not be followed.</summary>
    private void CheckAttributes()
    {
        if (_attributesLeft == 0 && _attributes.Length > 0)
        {
            if (Encoding.Latin1.GetString(_attributes.GetBuffer(), 0, (int)_attributes.Length).Contains(" size=", StringComparison.Ordinal))
            {
                throw new InvalidDataException("it has a file that is too large");
            }

            _attributes.SetLength(0);
        }
    }

    /// <summary>Octal digits, or a binary number behind a byte of 128; what is neither is left to the reader.</summary>
    private static long Size(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            return BinaryPrimitives.ReadInt64BigEndian(field[^8..]) is var binary && binary is >= 0 and < long.MaxValue - Block
                ? binary
                : throw new InvalidDataException("it has a file whose size makes no sense");
        }

        long size = 0;
        foreach (byte digit in field)
        {
            if (digit is >= (byte)'0' and <= (byte)'7')
            {
                size = (8 * size) + (digit - '0');
            }
            else if (digit != ' ' || size > 0)
            {
                break;
            }
        }

        return size;
    }
}
