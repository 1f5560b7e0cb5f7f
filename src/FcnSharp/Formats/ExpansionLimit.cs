using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// How much memory a file may ask for. Compression, and tensors that share their data, let a small file claim any amount;
/// weights in earnest take at most twice to four times their file.
/// </summary>
internal static class ExpansionLimit
{
    private const long Factor = 64;
    private const long Allowance = 16 << 20;

    /// <summary>Refuses a file that claims more bytes than its size makes plausible.</summary>
    /// <param name="claimed">Bytes that the file's content would take.</param>
    /// <param name="fileLength">The file's own size in bytes.</param>
    /// <param name="path">The file, for the message.</param>
    /// <exception cref="FcnSharpException">The claim is beyond 64 times the file's size and 16 MiB.</exception>
    public static void Check(Int128 claimed, long fileLength, string path)
    {
        Int128 limit = ((Int128)Factor * fileLength) + Allowance;
        if (claimed > limit)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} has {fileLength} bytes and claims to hold {claimed}, at most {limit} are taken for honest; save it uncompressed, each tensor with data of its own."));
        }
    }
}
