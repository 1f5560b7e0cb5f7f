using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>The bytes of one or several pickles, one after the other, with every length checked before memory is asked for.</summary>
/// <param name="bytes">The pickles, and what may follow them.</param>
/// <param name="path">The file, for messages.</param>
internal sealed class PickleInput(ReadOnlyMemory<byte> bytes, string path)
{
    /// <summary>No pickle of weights comes near this many bytes: one of a thousand tensors has about 100 KB.</summary>
    public const int MaxLength = 16 << 20;

    private const int MaxLine = 1000;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private int _position;

    /// <summary>How many bytes have been taken.</summary>
    public int Position => _position;

    /// <summary>How many bytes are left.</summary>
    public int Remaining => bytes.Length - _position;

    /// <summary>Takes one byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>Takes a little-endian uint16.</summary>
    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>Takes a little-endian int32.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>Takes a big-endian binary64, as pickles store floats.</summary>
    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Takes a length of 4 bytes that what follows must have room for.</summary>
    public int Length32() => CheckedLength(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));

    /// <summary>Takes a length of 8 bytes that what follows must have room for.</summary>
    public int Length64() => CheckedLength(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)));

    /// <summary>Takes so many bytes of UTF-8.</summary>
    public string Utf8(int length) => Decode(Take(length), StrictUtf8);

    /// <summary>Takes so many bytes of text as Python 2 wrote it.</summary>
    public string Latin1(int length) => Decode(Take(length), Encoding.Latin1);

    /// <summary>Takes the bytes up to a line feed, which is taken too.</summary>
    public string Line()
    {
        int length = bytes.Span[_position..].IndexOf((byte)'\n');
        if (length is < 0 or > MaxLine)
        {
            throw Invalid($"it holds a name that does not end within {MaxLine} bytes");
        }

        string line = Utf8(length);
        _position++;
        return line;
    }

    /// <summary>Takes so many bytes; they are valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            throw Invalid("it ends in the middle");
        }

        ReadOnlySpan<byte> taken = bytes.Span.Slice(_position, length);
        _position += length;
        return taken;
    }

    /// <summary>The exception for a pickle that is broken.</summary>
    /// <param name="what">What is wrong with it, a clause whose subject is "it" or a part of it.</param>
    /// <param name="cause">What led to it.</param>
    public FcnSharpException Invalid(string what, Exception? cause = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} is not a sound PyTorch file: its pickle cannot be read at byte {_position}: {what}; download or export it again."), cause);

    /// <summary>The exception for a pickle that may be sound but wants more than tensors.</summary>
    /// <param name="wish">What it wants, such as "to call os.system".</param>
    public FcnSharpException Refused(string wish) =>
        new($"{ErrorText.OneLine(path)}: its pickle wants {wish}: refused, because weights need no code; in PyTorch, save the tensors alone (torch.save(model.state_dict(), ...)) and give that file.");

    private string Decode(ReadOnlySpan<byte> text, Encoding encoding)
    {
        try
        {
            return encoding.GetString(text);
        }
        catch (DecoderFallbackException e)
        {
            throw Invalid("it holds text that is not valid Unicode", e);
        }
    }

    private int CheckedLength(ulong length) => length <= (ulong)Remaining
        ? (int)length
        : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"it announces {length} bytes where {Remaining} are left"));
}
