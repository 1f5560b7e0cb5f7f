using System.Globalization;
using System.Text;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Protobuf's messages in a stream, one nested in the other. Every length is held against the end of the message around it,
/// and so against the file's, before anything is allocated for it. Protobuf's own reader takes a packed field number by
/// number; here large fields are read straight into their place, or passed over without being read.
/// </summary>
/// <param name="stream">The file, standing at its beginning; it stays the caller's.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="length">The file's length in bytes.</param>
internal sealed class CaffeWire(Stream stream, string path, long length)
{
    private const int LongestVarint = 10;

    private readonly byte[] _buffer = new byte[1 << 12];
    private long _bufferStart;
    private int _filled;
    private int _at;
    private readonly long _length = length;
    private long _end = length;

    /// <summary>Where the next byte lies in the file.</summary>
    public long Position => _bufferStart + _at;

    /// <summary>What is being read, for messages, such as "layer 'conv1'"; empty at the beginning.</summary>
    public string Place { get; set; } = "";

    /// <summary>Reads the fields of the message that encloses all.</summary>
    public void Fields(Action<uint, CaffeWire> field)
    {
        while (Position < _end)
        {
            field(ReadTag(), this);
            if (Position > _end)
            {
                throw Error(string.Create(CultureInfo.InvariantCulture, $"has a field that goes on behind its message's end at byte {_end}"));
            }
        }
    }

    /// <summary>Reads the length of a nested message, then its fields.</summary>
    public void Message(Action<uint, CaffeWire> field) => Message(field, out _);

    /// <summary>Reads the length of a nested message, then its fields, and tells where they begin.</summary>
    public void Message(Action<uint, CaffeWire> field, out long start)
    {
        long outer = _end;
        _end = LengthToEnd();
        start = Position;
        Fields(field);
        _end = outer;
    }

    /// <summary>Reads the fields of a message whose place is known. What was read of the file before is forgotten.</summary>
    public void MessageAt(long offset, long messageLength, Action<uint, CaffeWire> field)
    {
        MoveTo(offset);
        _end = offset + messageLength;
        Fields(field);
        _end = _length;
    }

    /// <summary>Reads a length and returns where its bytes end, which is not behind the end of the message.</summary>
    public long LengthToEnd()
    {
        long bytes = ReadVarint();
        return bytes >= 0 && bytes <= _end - Position
            ? Position + bytes
            : throw Error(string.Create(CultureInfo.InvariantCulture, $"claims {bytes} bytes at byte {Position}, where {_end - Position} are left"));
    }

    /// <summary>Reads a number of variable length; a negative one has ten bytes.</summary>
    public long ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < LongestVarint; i++)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw Invalid("a number has no end");
    }

    /// <summary>Reads a text with its length.</summary>
    public string ReadText()
    {
        long bytes = ReadVarint();
        if (bytes < 0 || bytes > _length - Position)
        {
            throw Invalid("a text goes on behind the end of the file");
        }

        byte[] text = new byte[bytes];
        ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Fills the span with the next bytes.</summary>
    public void ReadExactly(Span<byte> target)
    {
        int buffered = Math.Min(target.Length, _filled - _at);
        _buffer.AsSpan(_at, buffered).CopyTo(target);
        _at += buffered;
        if (buffered < target.Length)
        {
            target = target[buffered..];
            (_bufferStart, _filled, _at) = (Position, 0, 0);
            while (target.Length > 0)
            {
                int read = ReadSome(target);
                _bufferStart += read;
                target = target[read..];
            }
        }
    }

    /// <summary>Passes over the bytes up to a place, which lies behind the present one.</summary>
    public void SkipTo(long position)
    {
        if (position - _bufferStart <= _filled)
        {
            _at = (int)(position - _bufferStart);
        }
        else
        {
            MoveTo(position);
        }
    }

    /// <summary>Passes over the content of a field that nobody wants.</summary>
    /// <param name="tag">The tag that was read before it.</param>
    public void SkipField(uint tag)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                ReadVarint();
                break;
            case WireFormat.WireType.Fixed32:
                ReadExactly(stackalloc byte[sizeof(float)]);
                break;
            case WireFormat.WireType.Fixed64:
                ReadExactly(stackalloc byte[sizeof(double)]);
                break;
            case WireFormat.WireType.LengthDelimited:
                SkipTo(LengthToEnd());
                break;
            default:
                throw Invalid("a field is of a kind that Caffe does not have");
        }
    }

    /// <summary>A refusal; the problem is a sentence without its subject and its full stop.</summary>
    public FcnSharpException Error(string problem, Exception? cause = null)
    {
        string message = $"{ErrorText.OneLine(path)}: {(Place.Length > 0 ? Place : "the file")} {problem}; it is no .caffemodel of Caffe, or damaged: download or copy it again.";
        return cause is null ? new FcnSharpException(message) : new FcnSharpException(message, cause);
    }

    private uint ReadTag()
    {
        long tag = ReadVarint();
        return tag is > 0 and <= uint.MaxValue && WireFormat.GetTagFieldNumber((uint)tag) > 0 ? (uint)tag : throw Invalid("a field has no number");
    }

    private byte ReadByte()
    {
        if (_at == _filled)
        {
            (_bufferStart, _filled, _at) = (Position, 0, 0);
            _filled = ReadSome(_buffer);
        }

        return _buffer[_at++];
    }

    private void MoveTo(long position)
    {
        stream.Position = position;
        (_bufferStart, _filled, _at) = (position, 0, 0);
    }

    private int ReadSome(Span<byte> target)
    {
        try
        {
            int read = stream.Read(target);
            return read > 0 ? read : throw Invalid("it ends there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check that it is a file and that you may read it.", e);
        }
    }

    private FcnSharpException Invalid(string why) =>
        Error(string.Create(CultureInfo.InvariantCulture, $"is not valid protobuf near byte {Position} ({why})"));
}
