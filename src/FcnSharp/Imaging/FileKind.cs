namespace FcnSharp.Imaging;

/// <summary>Names what a file is from its first bytes, so that a refusal can say what was given instead.</summary>
internal static class FileKind
{
    /// <summary>How many first bytes <see cref="Describe"/> can make use of.</summary>
    public const int HeadLength = 16;

    /// <summary>A noun with its article: "a JPEG", "an empty file", "of an unknown kind (first bytes 00 01 02 03)".</summary>
    public static string Describe(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            return "an empty file";
        }

        return Picture(head) ?? Container(head) ?? $"of an unknown kind (first bytes {Hex(head[..Math.Min(head.Length, 8)])})";
    }

    private static string? Picture(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(new byte[] { 0xFF, 0xD8, 0xFF }))
        {
            return "a JPEG";
        }

        if (head.StartsWith("GIF8"u8))
        {
            return "a GIF";
        }

        if (head.StartsWith("RIFF"u8) && At(head, 8, "WEBP"u8))
        {
            return "a WebP";
        }

        if (head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8))
        {
            return "a TIFF";
        }

        if (At(head, 4, "ftypavi"u8))
        {
            return "an AVIF";
        }

        if (At(head, 4, "ftyphei"u8) || At(head, 4, "ftypmif"u8))
        {
            return "a HEIC";
        }

        if (head.StartsWith("\0\0\0\u000CjP  "u8))
        {
            return "a JPEG 2000";
        }

        if (head.Length > 2 && head[0] == 'P' && head[1] is >= (byte)'1' and <= (byte)'7' && head[2] is (byte)'\n' or (byte)' ' or (byte)'\r')
        {
            return "a PNM (PBM, PGM, PPM or PAM)";
        }

        return head.StartsWith("BM"u8) ? "a BMP" : null;
    }

    private static string? Container(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("PK\u0003\u0004"u8))
        {
            return "a ZIP archive";
        }

        if (head.StartsWith(new byte[] { 0x1F, 0x8B }))
        {
            return "gzip-compressed";
        }

        if (head.StartsWith("%PDF"u8))
        {
            return "a PDF";
        }

        if (head.StartsWith("version https://"u8))
        {
            return "a Git LFS pointer (run git lfs pull)";
        }

        return head[0] == '<' ? "a text with markup (HTML, XML or SVG)" : null;
    }

    private static bool At(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> mark) =>
        head.Length >= offset && head[offset..].StartsWith(mark);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).Chunk(2).Aggregate("", (s, pair) => s + (s.Length == 0 ? "" : " ") + new string(pair));
}
