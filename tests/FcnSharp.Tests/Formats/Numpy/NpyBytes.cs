using System.Buffers.Binary;
using System.Text;

namespace FcnSharp.Tests.Formats.Numpy;

/// <summary>Builds .npy files by hand.</summary>
internal static class NpyBytes
{
    /// <summary>A file of version 1 with a header as given, not padded, and data.</summary>
    public static byte[] File(string header, params ReadOnlySpan<byte> data) => File(1, header, data);

    /// <summary>A file of a version with a header as given, not padded, and data.</summary>
    public static byte[] File(int version, string header, params ReadOnlySpan<byte> data)
    {
        byte[] text = (version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(header);
        byte[] length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        }

        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }

    /// <summary>A header as NumPy writes it.</summary>
    public static string Header(string descr, string shape, bool fortran = false) =>
        $"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}\n";
}
