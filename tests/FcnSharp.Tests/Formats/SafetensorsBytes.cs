using System.Buffers.Binary;
using System.Text;

namespace FcnSharp.Tests.Formats;

/// <summary>Builds safetensors files by hand, so that tests can say what the writer never would.</summary>
internal static class SafetensorsBytes
{
    /// <summary>Two F32 tensors: "a" of shape 2x2 holding 1 to 4 and "b" of shape 3 holding 5 to 7.</summary>
    public const string SmallHeader =
        """{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[3],"data_offsets":[16,28]}}""";

    /// <summary>A file of a header and so many bytes of data.</summary>
    public static byte[] File(string header, params ReadOnlySpan<byte> data) => File(Encoding.UTF8.GetBytes(header), data);

    /// <summary>A file of a header and so many bytes of data.</summary>
    public static byte[] File(byte[] header, params ReadOnlySpan<byte> data)
    {
        byte[] file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file.AsSpan(8 + header.Length));
        return file;
    }

    /// <summary>Little-endian floats 1, 2, 3, ...</summary>
    public static byte[] Counting(int count)
    {
        byte[] bytes = new byte[4 * count];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), i + 1);
        }

        return bytes;
    }
}
