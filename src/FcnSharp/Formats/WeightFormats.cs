using System.Buffers.Binary;
using FcnSharp.Formats.Caffe;
using FcnSharp.Formats.Numpy;
using FcnSharp.Formats.PyTorch;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>Tells by a file's first bytes whether it may be of a format.</summary>
/// <param name="start">The first <see cref="WeightFormats.StartLength"/> bytes, or all of a shorter file.</param>
/// <param name="fileLength">The file's length in bytes.</param>
internal delegate bool WeightFormatTest(ReadOnlySpan<byte> start, long fileLength);

/// <summary>
/// The formats that <see cref="WeightFile"/> reads, each a line: how it is recognised, and how it is opened. The first that
/// recognises a file has it, so a format without a mark of its own comes last. What opens a file owns the stream from then
/// on; if that throws, the caller closes it.
/// </summary>
internal static class WeightFormats
{
    /// <summary>How many bytes of a file the tests see.</summary>
    public const int StartLength = 64;

    /// <summary>What a message says could have been read.</summary>
    public const string Expected = "safetensors, PyTorch (.pth, .pt), NumPy (.npz, .npy), or Caffe (.caffemodel)";

    private static readonly (WeightFormatTest Recognises, Func<string, FileStream, WeightSource> Open)[] All =
    [
        ((start, _) => NpyHeader.Recognises(start), NpyFile.Open),
        ((start, _) => start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8), OpenZip),
        ((start, _) => TorchLegacy.Recognises(start), (path, stream) => TorchFile.Open(path, TorchLegacy.Open(path, stream))),
        (IsSafetensors, SafetensorsSource.Open),
        (CaffeSource.Recognises, CaffeSource.Open),
    ];

    /// <summary>Opens a file in the format that recognises it.</summary>
    /// <exception cref="FcnSharpException">No format does, or the one that does finds the file broken.</exception>
    public static WeightSource Open(string path, FileStream stream, ReadOnlySpan<byte> start)
    {
        foreach ((WeightFormatTest recognises, Func<string, FileStream, WeightSource> open) in All)
        {
            if (recognises(start, stream.Length))
            {
                return open(path, stream);
            }
        }

        string found = start.Length == 0 ? "an empty file" : $"a file that starts with {Convert.ToHexStringLower(start[..Math.Min(8, start.Length)])}";
        throw new FcnSharpException($"{ErrorText.OneLine(path)} holds no weights that are known here: expected {Expected}, found {found}; check the path or export the weights again.");
    }

    private static bool IsSafetensors(ReadOnlySpan<byte> start, long fileLength) =>
        start.Length > sizeof(long) && start[sizeof(long)] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)fileLength;

    private static WeightSource OpenZip(string path, FileStream stream)
    {
        ZipContent zip = ZipContent.Open(path, stream);
        return TorchZip.Recognises(zip) ? TorchFile.Open(path, TorchZip.Open(path, zip))
            : NpzFile.Recognises(zip) ? NpzFile.Open(zip)
            : throw new FcnSharpException($"{ErrorText.OneLine(path)} is a zip archive without weights: expected a data.pkl of PyTorch or .npy arrays; check the path or export the weights again.");
    }
}
