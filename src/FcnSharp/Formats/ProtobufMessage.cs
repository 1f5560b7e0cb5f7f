using Google.Protobuf;

namespace FcnSharp.Formats;

/// <summary>Fields of protobuf messages that are small enough to be made in memory, written without generated classes.</summary>
internal static class ProtobufMessage
{
    /// <summary>The bytes of a message.</summary>
    public static byte[] Bytes(Action<CodedOutputStream> write)
    {
        using MemoryStream memory = new();
        using (CodedOutputStream output = new(memory, leaveOpen: true))
        {
            write(output);
        }

        return memory.ToArray();
    }

    /// <summary>Writes a whole number.</summary>
    public static void WriteNumber(this CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    /// <summary>Writes a text.</summary>
    public static void WriteText(this CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    /// <summary>Writes bytes.</summary>
    public static void WriteBytes(this CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
    }

    /// <summary>Writes a message in the message.</summary>
    public static void WriteMessage(this CodedOutputStream output, int field, Action<CodedOutputStream> write) => output.WriteBytes(field, Bytes(write));

    /// <summary>Writes tag and length of a field whose content follows.</summary>
    public static void WriteHead(this CodedOutputStream output, int field, long length)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteUInt64((ulong)length);
    }
}
