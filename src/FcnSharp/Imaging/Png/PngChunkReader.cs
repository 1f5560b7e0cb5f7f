using System.Buffers.Binary;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>Walks the chunks of a PNG in bounded memory and checks every chunk's name, length and checksum.</summary>
internal sealed class PngChunkReader(Stream stream, string name)
{
    private readonly byte[] _skipped = new byte[4096];
    private Crc32 _crc;

    /// <summary>The eight bytes every PNG starts with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>The name of the current chunk; empty before the first.</summary>
    public string Type { get; private set; } = "";

    /// <summary>How many data bytes of the current chunk were not read yet.</summary>
    public int Remaining { get; private set; }

    /// <summary>Whether a decoder that does not know the current chunk must refuse the file.</summary>
    public bool IsCritical => char.IsAsciiLetterUpper(Type[0]);

    /// <summary>Reads the signature; throws what the file is when it is no PNG.</summary>
    public void ReadSignature()
    {
        Span<byte> head = stackalloc byte[FileKind.HeadLength];
        int signature = Fill(head[..Signature.Length]);
        if (head[..signature].SequenceEqual(Signature))
        {
            return;
        }

        if (signature > 0 && signature < Signature.Length && Signature.StartsWith(head[..signature]))
        {
            throw PngFailure.Truncated(name, "the 8 bytes of the signature");
        }

        int length = signature < Signature.Length ? signature : signature + Fill(head[signature..]);
        throw PngFailure.NotPng(name, head[..length]);
    }

    /// <summary>Reads the length and the name of the next chunk; the one before must have been ended.</summary>
    public void Next()
    {
        Span<byte> head = stackalloc byte[8];
        ReadExactly(head, Type.Length == 0 ? "the header chunk" : $"the chunk after {Type}");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
        ReadOnlySpan<byte> type = head[4..];
        foreach (byte letter in type)
        {
            if (!char.IsAsciiLetter((char)letter))
            {
                throw PngFailure.Damaged(name, $"expected a chunk's name of four letters, found the bytes {Convert.ToHexString(type)}");
            }
        }

        string found = Encoding.ASCII.GetString(type);
        if (length > int.MaxValue)
        {
            throw PngFailure.Damaged(name, $"chunk {found} claims {length} bytes, the format allows {int.MaxValue}");
        }

        Type = found;
        Remaining = (int)length;
        _crc.Reset();
        _crc.Append(type);
    }

    /// <summary>Reads up to a buffer of the current chunk's data; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        buffer = buffer[..Math.Min(buffer.Length, Remaining)];
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int count = Fill(buffer);
        if (count < buffer.Length)
        {
            throw PngFailure.Truncated(name, $"{Remaining - count} more bytes of chunk {Type}");
        }

        _crc.Append(buffer);
        Remaining -= count;
        return count;
    }

    /// <summary>The whole data of the current chunk; only for chunks whose length was checked.</summary>
    public byte[] ReadAll()
    {
        byte[] data = new byte[Remaining];
        Read(data);
        End();
        return data;
    }

    /// <summary>Passes over what is left of the current chunk and checks its checksum.</summary>
    public void End()
    {
        while (Read(_skipped) > 0)
        {
        }

        Span<byte> stored = stackalloc byte[4];
        ReadExactly(stored, $"the checksum of chunk {Type}");
        uint expected = BinaryPrimitives.ReadUInt32BigEndian(stored);
        if (expected != _crc.Value)
        {
            throw PngFailure.Damaged(name, $"chunk {Type} should have the checksum {expected:X8}, found {_crc.Value:X8}");
        }
    }

    private void ReadExactly(Span<byte> buffer, string what)
    {
        if (Fill(buffer) < buffer.Length)
        {
            throw PngFailure.Truncated(name, what);
        }
    }

    /// <summary>Fills the buffer unless the stream ends before.</summary>
    private int Fill(Span<byte> buffer)
    {
        try
        {
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw PngFailure.Unreadable(name, e);
        }
    }
}
