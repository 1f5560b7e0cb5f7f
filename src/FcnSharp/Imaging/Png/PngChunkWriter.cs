using System.Buffers.Binary;

namespace FcnSharp.Imaging;

/// <summary>Writes chunks: length, name, data, checksum.</summary>
internal sealed class PngChunkWriter(Stream stream)
{
    /// <summary>Writes the eight bytes every PNG starts with.</summary>
    public void WriteSignature() => stream.Write(PngChunkReader.Signature);

    /// <summary>Writes one chunk.</summary>
    public void Write(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(head, data.Length);
        type.CopyTo(head[4..]);
        stream.Write(head);
        stream.Write(data);

        Crc32 crc = default;
        crc.Reset();
        crc.Append(type);
        crc.Append(data);
        Span<byte> sum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(sum, crc.Value);
        stream.Write(sum);
    }
}
