using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FcnSharp.Tests.Formats.Numpy;
using FcnSharp.Tests.Formats.PyTorch;
using Xunit;

namespace FcnSharp.Tests.Formats;

/// <summary>Files that are damaged, that lie or that attack: each is one clear line, in bounded time and memory.</summary>
public sealed class WeightFileHostileTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string FilePath => _temp["hostile.pth"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_storage_that_is_missing_or_of_another_size_is_named()
    {
        Refuses(TorchBytes.Zip(TorchBytes.OneTensor()), "'a/data/0' is missing");
        Refuses(TorchBytes.Zip(TorchBytes.OneTensor(), new byte[15]), "'a/data/0' has 15 bytes, 4 elements of F32 need 16");
        Refuses(TorchBytes.Zip(TorchBytes.OneTensor(), new byte[17]), "17 bytes");
        Refuses(TorchBytes.Zip(TorchBytes.OneTensor(storageCount: int.MaxValue), new byte[16]), "need 8589934588");
        Refuses(TorchBytes.Archive(("a/data.pkl", TorchBytes.OneTensor()), ("b/data/0", new byte[16])), "'a/data/0' is missing");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor()), "storage '0' of 4 elements is not in it");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor(), ("0", 4, new byte[15])), "storage '0' of 4 elements is not in it");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor(), ("0", 5, new byte[20])), "storage '0' of 4 elements is not in it");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor(), ("1", 4, new byte[16])), "no tensor uses");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor(), ("0", 4, new byte[16]), ("0", 4, new byte[16])), "twice");
        Refuses(TorchBytes.Legacy(TorchBytes.OneTensor(storageCount: int.MaxValue), ("0", int.MaxValue, new byte[16])), "is not in it");
    }

    [Fact]
    public void A_key_of_a_storage_is_no_path()
    {
        byte[] pickle = TorchBytes.Pickle("}", TorchBytes.Text("w"), TorchBytes.Tensor("FloatStorage", "../../../etc/passwd", 4, 0, [4], [1]), "s");
        Refuses(TorchBytes.Zip(pickle, new byte[16]), "is missing");
        File.WriteAllBytes(FilePath, TorchBytes.Archive(("a/data.pkl", pickle), ("a/data/../../../etc/passwd", SafetensorsBytes.Counting(4))));
        Assert.Equal([1f, 2f, 3f, 4f], WeightFile.Read(FilePath).Tensors[0].Tensor.Span.ToArray());
    }

    [Fact]
    public void Big_endian_storages_are_turned_round_and_other_orders_refused()
    {
        byte[] data = [0x3F, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0, 0x40, 0x80, 0, 0];
        File.WriteAllBytes(FilePath, TorchBytes.Archive(("a/data.pkl", TorchBytes.OneTensor()), ("a/byteorder", [.. "big"u8]), ("a/data/0", data)));
        Assert.Equal([1f, 2f, 3f, 4f], WeightFile.Read(FilePath).Tensors[0].Tensor.Span.ToArray());
        Refuses(TorchBytes.Archive(("a/data.pkl", TorchBytes.OneTensor()), ("a/byteorder", [.. "mixed"u8]), ("a/data/0", data)), "'mixed'");
        Refuses(TorchBytes.Archive(("a/data.pkl", TorchBytes.OneTensor()), ("a/byteorder", new byte[100]), ("a/data/0", data)), "100 bytes");
    }

    [Fact]
    public void Archives_of_two_pickles_of_programs_and_of_entries_twice_are_refused()
    {
        Refuses(TorchBytes.Archive(("a/data.pkl", []), ("b/data.pkl", [])), "2 pickles");
        Refuses(TorchBytes.Archive(("a/data.pkl", TorchBytes.OneTensor()), ("a/constants.pkl", []), ("a/data/0", new byte[16])), "TorchScript", "state_dict()");
        Refuses(TorchBytes.Archive(("w.npy", []), ("w.npy", [])), "'w.npy'", "twice");
        Refuses(TorchBytes.Zip([]), "ends in the middle");
    }

    [Fact]
    public void A_flipped_bit_of_an_archives_data_is_found_by_its_checksum()
    {
        byte[] array = NpyBytes.File(NpyBytes.Header("<f4", "(4,)"), SafetensorsBytes.Counting(4));
        foreach (byte[] file in (byte[][])[TorchBytes.Zip(TorchBytes.OneTensor(), SafetensorsBytes.Counting(4)), TorchBytes.Archive(("w.npy", array))])
        {
            file[file.AsSpan().IndexOf(SafetensorsBytes.Counting(4)) + 2] ^= 4;
            Refuses(file, "damaged", "checksum");
        }

        byte[] pickled = TorchBytes.Zip(TorchBytes.OneTensor(), SafetensorsBytes.Counting(4));
        pickled[pickled.AsSpan().IndexOf("cpu"u8)] ^= 4;
        Refuses(pickled, "'a/data.pkl'", "checksum");
    }

    [Fact]
    public void A_bomb_is_refused_before_it_unfolds()
    {
        byte[] zeros = new byte[64 << 20];
        byte[] header = NpyBytes.File(NpyBytes.Header("<f4", "(16777216,)"));
        byte[] bomb = TorchBytes.Archive(CompressionLevel.Optimal, ("w.npy", [.. header, .. zeros]));
        byte[] torch = TorchBytes.Archive(CompressionLevel.Optimal, ("a/data.pkl", TorchBytes.OneTensor(count: 16 << 20, storageCount: 16 << 20)), ("a/data/0", zeros));
        byte[] pickle = TorchBytes.Archive(CompressionLevel.Optimal, ("a/data.pkl", zeros[..(17 << 20)]), ("a/padding", [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * i / 7))]));
        foreach ((byte[] file, string part) in ((byte[], string)[])[(bomb, "claims to hold"), (torch, "claims to hold"), (pickle, "at most 16777216")])
        {
            File.WriteAllBytes(FilePath, file);
            long before = GC.GetAllocatedBytesForCurrentThread();
            FormatAssert.Refuses(() => WeightFile.Open(FilePath).Dispose(), FilePath, part);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Tensors_that_share_a_storage_thousands_of_times_are_refused()
    {
        object[] tensors = [.. Enumerable.Range(0, 2000).SelectMany(i => (object[])[TorchBytes.Text($"t{i}"), TorchBytes.Tensor("FloatStorage", "0", 100_000, 0, [100_000], [1])])];
        byte[] pickle = TorchBytes.Pickle(["}(", .. tensors, "u"]);
        Refuses(TorchBytes.Zip(pickle, new byte[400_000]), "claims to hold 800000000", "data of its own");
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] data = SafetensorsBytes.Counting(4);
        byte[] array = NpyBytes.File(NpyBytes.Header("<f4", "(4,)"), data);
        foreach (byte[] file in (byte[][])[
            TorchBytes.Zip(TorchBytes.OneTensor(), data),
            TorchBytes.Legacy(TorchBytes.OneTensor(), ("0", 4, data)),
            TorchBytes.Archive(("w.npy", array)),
            TorchBytes.Archive(CompressionLevel.Optimal, ("w.npy", array))])
        {
            for (int length = 0; length < file.Length; length++)
            {
                Refuses(file[..length]);
            }
        }
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    [InlineData("npz")]
    [InlineData("npy")]
    public void A_file_cut_short_while_it_is_open_is_refused(string format)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows refuses to cut a file that is open for reading.");
        }

        byte[] data = new byte[400_000];
        byte[] array = NpyBytes.File(NpyBytes.Header("<f4", "(100000,)"), data);
        File.WriteAllBytes(FilePath, format switch
        {
            "zip" => TorchBytes.Zip(TorchBytes.OneTensor(100_000, storageCount: 100_000), data),
            "legacy" => TorchBytes.Legacy(TorchBytes.OneTensor(100_000, storageCount: 100_000), ("0", 100_000, data)),
            "npz" => TorchBytes.Archive(("hostile.npy", array)),
            _ => array,
        });
        using WeightFile file = WeightFile.Open(FilePath);
        using (FileStream other = new(FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            other.SetLength(200_000);
        }

        FormatAssert.Refuses(() => file.ReadTensor(file.Entries[0].Name), FilePath);

        using (FileStream other = new(FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            other.SetLength(0);
        }

        FormatAssert.Refuses(() => file.ReadTensor(file.Entries[0].Name), FilePath);
    }

    [Fact]
    public void An_array_that_changes_while_it_is_open_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows refuses to write a file that is open for reading.");
        }

        File.WriteAllBytes(FilePath, NpyBytes.File(NpyBytes.Header("<f4", "(4,)"), SafetensorsBytes.Counting(4)));
        using WeightFile file = WeightFile.Open(FilePath);
        using (FileStream other = new(FilePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            other.Write(NpyBytes.File(NpyBytes.Header("<f4", "(2,)"), SafetensorsBytes.Counting(6)));
        }

        FormatAssert.Refuses(() => file.ReadTensor("hostile"), FilePath, "changed while it was read");
    }

    public static TheoryData<string> Small => ["zip", "deflated", "legacy", "npz", "deflated npz", "npy", "views", "nested", "protocol 4"];

    [Theory]
    [MemberData(nameof(Small))]
    public void Thousands_of_mutations_are_read_or_refused(string which)
    {
        byte[] data = SafetensorsBytes.Counting(4);
        byte[] array = NpyBytes.File(NpyBytes.Header("<f4", "(2, 2)", fortran: true), data);
        byte[] original = which switch
        {
            "zip" => TorchBytes.Zip(TorchBytes.OneTensor(), data),
            "deflated" => TorchBytes.Archive(CompressionLevel.Optimal, ("a/data.pkl", TorchBytes.OneTensor()), ("a/data/0", data)),
            "legacy" => TorchBytes.Legacy(TorchBytes.OneTensor(sizes: [2, 2], strides: [1, 2]), ("0", 4, data)),
            "npz" => TorchBytes.Archive(("w.npy", array), ("v.npy", array)),
            "deflated npz" => TorchBytes.Archive(CompressionLevel.Optimal, ("w.npy", array), ("v.npy", array)),
            "npy" => array,
            "views" => Fixture("views.legacy.pth"),
            "nested" => Fixture("nested.pth"),
            _ => Fixture("legacy4.pth"),
        };
        Fuzz(original, original.Length, rounds: 1500, seed: which.Length);
    }

    // The checksum of an archive finds nearly all mutations before the unpickler sees them: here it sees them all.
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Thousands_of_mutated_pickles_are_read_or_refused(int seed)
    {
        byte[] pickle = TorchBytes.OneTensor(sizes: [2, 2], strides: [1, 2]);
        Random random = new(seed);
        Stopwatch time = Stopwatch.StartNew();
        for (int round = 0; round < 3000; round++)
        {
            ReadOrRefuse(TorchBytes.Zip(Mutations.Apply(pickle, pickle.Length, random), SafetensorsBytes.Counting(4)), round);
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData("weights/squeezenet1_0.pth", true)]
    [InlineData("weights/squeezenet1_0.legacy.pth", false)]
    [InlineData("weights/squeezenet_v1.0.npz", true)]
    public void Mutations_of_published_files_are_read_or_refused(string file, bool directoryAtTheEnd)
    {
        byte[] real = File.ReadAllBytes(SharedData.PathOrSkip(file));
        if (directoryAtTheEnd)
        {
            // The mutations go to the first bytes, so the archive's directory is exchanged for damage of its own.
            Random random = new(8);
            for (int round = 0; round < 100; round++)
            {
                byte[] copy = [.. real];
                copy[^random.Next(1, 5000)] ^= (byte)(1 << random.Next(8));
                ReadOrRefuse(copy, round);
            }
        }

        Fuzz(real, 6000, rounds: 50, seed: 9);
    }

    private static byte[] Fixture(string name) =>
        File.ReadAllBytes(Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "PyTorch", "fixtures", name));

    private void Fuzz(byte[] original, int within, int rounds, int seed)
    {
        Random random = new(seed);
        Stopwatch time = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            ReadOrRefuse(Mutations.Apply(original, within, random), round);
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    private void ReadOrRefuse(byte[] file, int round)
    {
        File.WriteAllBytes(FilePath, file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            foreach (NamedTensor tensor in WeightFile.Read(FilePath).Tensors)
            {
                Assert.Equal(tensor.Tensor.Shape.ElementCount, tensor.Tensor.Span.Length);
            }
        }
        catch (FcnSharpException e)
        {
            Assert.Contains("hostile.pth", e.Message, StringComparison.Ordinal);
            FormatAssert.AssertOneLine(e.Message);
        }

        // What may be claimed (ExpansionLimit), twice for a result and what it is gathered from, and the pickle's own values.
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < (150L * file.Length) + (40 << 20), string.Create(CultureInfo.InvariantCulture, $"round {round} took {allocated} bytes for a file of {file.Length}"));
    }

    private void Refuses(byte[] file, params string[] parts)
    {
        File.WriteAllBytes(FilePath, file);
        FormatAssert.Refuses(() => WeightFile.Read(FilePath), FilePath, parts);
    }
}
