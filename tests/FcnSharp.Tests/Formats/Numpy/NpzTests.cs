using System.IO.Compression;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Formats.Numpy;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FcnSharp.Tests.Formats.PyTorch;
using Xunit;

namespace FcnSharp.Tests.Formats.Numpy;

/// <summary>Archives of arrays, read and written.</summary>
public sealed class NpzTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string ArchivePath => _temp["x.npz"];

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Arrays_are_read_in_order_and_the_rest_is_reported(CompressionLevel level)
    {
        File.WriteAllBytes(ArchivePath, TorchBytes.Archive(
            level,
            ("b.npy", NpyBytes.File(NpyBytes.Header("<f4", "(2,)"), SafetensorsBytes.Counting(2))),
            ("sub/", []),
            ("sub/a.npy", NpyBytes.File(NpyBytes.Header("<f2", "()"), 0, 0x3C)),
            ("step.npy", NpyBytes.File(NpyBytes.Header("<i8", "()"), new byte[8])),
            ("object.npy", NpyBytes.File(NpyBytes.Header("|O", "(1,)"), TorchBytes.Pickle("cos\nsystem\n", TorchBytes.Text("x"), 0x85, "R"))),
            ("readme.txt", [1])));

        LoadedWeights loaded = WeightFile.Read(ArchivePath);

        Assert.Equal("NumPy, npz", loaded.Report.Format);
        Assert.Equal(["b", "sub/a"], loaded.Tensors.Select(t => t.Name));
        Assert.Equal([1f, 2f], loaded.Tensors[0].Tensor.Span.ToArray());
        Assert.Equal([1f], loaded.Tensors[1].Tensor.Span.ToArray());
        Assert.Equal([new WeightEntry("sub/a", ElementType.F16, new Shape([]))], loaded.Report.Coerced.Select(e => e with { Place = 0 }));
        Assert.Equal([new("step", "<i8 scalar"), new("object", "|O 1"), new SkippedEntry("readme.txt", "no .npy array")], loaded.Report.Skipped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_written_is_read_to_the_bit_and_the_same_bytes_come_again(bool compress)
    {
        Random random = new(3);
        Shape[] shapes = [new([]), new(1), new(17), new(3, 5), new(2, 3, 7), new(2, 3, 4, 5), new(70, 1, 41, 101)];
        NamedTensor[] tensors = [.. shapes.Select((s, i) => new NamedTensor($"blöck/{i}.w", new Tensor(s, [.. Enumerable.Range(0, (int)s.ElementCount).Select(_ => BitConverter.Int32BitsToSingle(random.Next()))])))];
        NpzWriter.Write(ArchivePath, tensors, compress);
        NpzWriter.Write(_temp["again.npz"], tensors, compress);

        IReadOnlyList<NamedTensor> read = WeightFile.Read(ArchivePath).Tensors;

        Assert.Equal(File.ReadAllBytes(ArchivePath), File.ReadAllBytes(_temp["again.npz"]));
        Assert.Equal(tensors.Select(t => (t.Name, t.Tensor.Shape)), read.Select(t => (t.Name, t.Tensor.Shape)));
        Assert.All(tensors.Zip(read), pair => Assert.Equal(Bits(pair.First.Tensor), Bits(pair.Second.Tensor)));
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", new int[0])]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", new[] { 3 })]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", new[] { 3, 4 })]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000, 1, 1), }", new[] { 1_000_000_000, 1_000_000, 1, 1 })]
    public void Headers_are_written_byte_for_byte_as_NumPy_does(string dict, int[] sizes)
    {
        byte[] header = NpyHeader.Write(new Shape(sizes));

        Assert.Equal(0, header.Length % 64);
        string padded = dict.PadRight(header.Length - 11) + "\n";
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, (byte)padded.Length, 0, .. Encoding.ASCII.GetBytes(padded)], header);
        Assert.InRange(padded.Length - dict.Length, 1, 64);
    }

    [Fact]
    public void Entries_are_stored_unless_compression_is_asked_for()
    {
        Tensor zeros = new(new Shape(1000));
        NpzWriter.Write(ArchivePath, [new("w", zeros)]);
        Assert.InRange(new FileInfo(ArchivePath).Length, 4128, 4400);
        NpzWriter.Write(ArchivePath, [new("w", zeros)], compress: true);
        Assert.InRange(new FileInfo(ArchivePath).Length, 100, 500);
        using ZipArchive archive = ZipFile.OpenRead(ArchivePath);
        Assert.Equal("w.npy", Assert.Single(archive.Entries).FullName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a\ud800")]
    [InlineData("twice")]
    public void Names_that_an_archive_cannot_hold_are_refused_and_the_old_file_stays(string name)
    {
        Tensor tensor = new(new Shape(1));
        NpzWriter.Write(ArchivePath, [new("old", tensor)]);
        byte[] before = File.ReadAllBytes(ArchivePath);

        FormatAssert.Refuses(() => NpzWriter.Write(ArchivePath, [new("twice", tensor), new(name, tensor)]), ArchivePath, "not written", "rename");

        Assert.Equal(before, File.ReadAllBytes(ArchivePath));
        Assert.Single(Directory.GetFileSystemEntries(_temp.Root));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_one_line() =>
        FormatAssert.Refuses(() => NpzWriter.Write(_temp["none/x.npz"], [new("w", new Tensor(new Shape(1)))]), "x.npz", "could not be written");

    private static int[] Bits(Tensor tensor) => [.. tensor.Span.ToArray().Select(BitConverter.SingleToInt32Bits)];
}
