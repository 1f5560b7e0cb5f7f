using System.IO.Compression;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Numpy;

/// <summary>Writes .npz files as numpy.load reads them: F32 arrays in C order. The same tensors give the same bytes.</summary>
public static class NpzWriter
{
    /// <summary>The earliest date that a zip archive can hold, because the time of writing is no content.</summary>
    private static readonly DateTimeOffset NoDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a file: to a temporary one beside it, flushed to disk, then renamed; a failure leaves the old file whole.</summary>
    /// <param name="path">The file, replaced when it exists.</param>
    /// <param name="tensors">The tensors, in the order in which the file is to hold them.</param>
    /// <param name="compress">Whether they are deflated: weights shrink by about a tenth, and take long to write.</param>
    /// <exception cref="FcnSharpException">A name that is empty, not fit for an entry of an archive or used twice, or the file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, bool compress = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        CheckNames(path, tensors);
        AtomicFile.Write(path, stream =>
        {
            using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (NamedTensor tensor in tensors)
            {
                ZipArchiveEntry entry = archive.CreateEntry(tensor.Name + ".npy", compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
                entry.LastWriteTime = NoDate;
                using Stream content = entry.Open();
                content.Write(NpyHeader.Write(tensor.Tensor.Shape));
                TensorEncoder.Encode(tensor.Tensor.Span, ElementType.F32, content.Write);
            }
        });
    }

    private static void CheckNames(string path, IReadOnlyList<NamedTensor> tensors)
    {
        HashSet<string> names = [];
        foreach (NamedTensor tensor in tensors)
        {
            // The length of an entry's name has 16 bits; a name of characters that UTF-8 lacks would come back as another.
            if (tensor.Name.Length is 0 or > 10_000 || tensor.Name.EnumerateRunes().Any(rune => Rune.IsControl(rune) || rune == Rune.ReplacementChar) || !names.Add(tensor.Name))
            {
                throw new FcnSharpException($"{ErrorText.OneLine(path)} was not written: the tensor name {ErrorText.Quote(tensor.Name)} is empty, too long, used twice or not fit for an archive; rename the tensor.");
            }
        }
    }
}
