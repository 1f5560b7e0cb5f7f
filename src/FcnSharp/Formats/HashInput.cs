using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FcnSharp.Formats;

/// <summary>Feeds values into a hash so that no two sequences of values give the same bytes: text goes after its length.</summary>
internal static class HashInput
{
    /// <summary>Appends the text's length in UTF-8 bytes as int32, then those bytes.</summary>
    public static void AppendText(this IncrementalHash hash, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        hash.AppendInteger(utf8.Length);
        hash.AppendData(utf8);
    }

    /// <summary>Appends an int32, little-endian.</summary>
    public static void AppendInteger(this IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }

    /// <summary>The hash of all that was appended, in lower-case hexadecimal.</summary>
    public static string Finish(this IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
