using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats;

public sealed class SafetensorsHostileTests
{
    [Theory]
    [InlineData("not JSON", "JSON")]
    [InlineData("", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("3", "object")]
    [InlineData("""{"a":3}""", "'a'")]
    [InlineData("{} x", "JSON")]
    [InlineData("{}{}", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,28]},}""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"a":{"dtype":"F32","shape":[4],"data_offsets":[12,28]}}""", "'a' twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[7],"data_offsets":[0,28]}}""", "dtype twice")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}}""", "'k' twice")]
    [InlineData("""{"__metadata__":{"k":1}}""", "'k'")]
    [InlineData("""{"__metadata__":"x"}""", "__metadata__")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7]}}""", "data_offsets")]
    [InlineData("""{"a":{"shape":[7],"data_offsets":[0,28]}}""", "dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[28]}}""", "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,28,28]}}""", "more than 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":7,"data_offsets":[0,28]}}""", "array")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7.5],"data_offsets":[0,28]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["7"],"data_offsets":[0,28]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,99999999999999999999]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-7],"data_offsets":[0,28]}}""", "-7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "axis of 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,7,1],"data_offsets":[0,28]}}""", "more than 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296],"data_offsets":[0,28]}}""", "4294967296")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,28]}}""", "more elements")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1073741824,1073741823],"data_offsets":[0,9223372028264841216]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,28]}}""", "needs 32 bytes")]
    [InlineData("""{"a":{"dtype":"F16","shape":[7],"data_offsets":[0,28]}}""", "needs 14 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[28,0]}}""", "from 28 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[-28,0]}}""", "from -28 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}""", "24 bytes")]
    [InlineData("{}", "0 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[12,28]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[7],"data_offsets":[0,28]},"b":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[3],"data_offsets":[16,28]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[6],"data_offsets":[4,28]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[28],"data_offsets":[0,28]}}""", "'F8_E4M3'")]
    [InlineData("""{"a":{"dtype":4,"shape":[28],"data_offsets":[0,28]}}""", "dtype")]
    [InlineData("""{"a\nb\u2028":{"dtype":"F32","shape":[1],"data_offsets":[0,28]}}""", "a\\u000Ab\\u2028")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}}""", "Unicode")]
    public void A_header_that_lies_is_refused(string header, string part)
    {
        using TempFolder folder = new();
        string path = folder["hostile.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.File(header, SafetensorsBytes.Counting(7)));
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path, part);
    }

    [Fact]
    public void Invalid_UTF8_and_long_names_make_one_short_line()
    {
        using TempFolder folder = new();
        string path = folder["hostile.safetensors"];
        byte[] header = [.. "{\"\xff\xfe\":1}".Select(c => (byte)c)];
        File.WriteAllBytes(path, SafetensorsBytes.File(header));
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path);
        File.WriteAllBytes(path, SafetensorsBytes.File("{\"" + new string('n', 100_000) + "\":1}"));
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path, "nnn...'");
        File.WriteAllBytes(path, SafetensorsBytes.File(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path);
        File.WriteAllBytes(path, SafetensorsBytes.File("{\"a\":{\"x\":" + new string('[', 100_000)));
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(113UL)]
    public void A_header_longer_than_the_file_or_the_limit_is_refused_before_memory_is_asked_for(ulong length)
    {
        using TempFolder folder = new();
        string path = folder["hostile.safetensors"];
        byte[] file = SafetensorsBytes.File(new string(' ', 112));
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        File.WriteAllBytes(path, file);
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path, length.ToString(CultureInfo.InvariantCulture), "112");

        using (FileStream sparse = File.OpenWrite(path))
        {
            sparse.SetLength(101_000_000 + 8);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        using TempFolder folder = new();
        string path = folder["short.safetensors"];
        byte[] whole = SafetensorsBytes.File(SafetensorsBytes.SmallHeader, SafetensorsBytes.Counting(7));
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path);
        }
    }

    [Fact]
    public void A_file_cut_short_while_it_is_open_is_refused()
    {
        using TempFolder folder = new();
        string path = folder["shrinking.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.File(SafetensorsBytes.SmallHeader, SafetensorsBytes.Counting(7)));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([5f, 6f, 7f], file.Read("b").Span.ToArray());
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows refuses to cut a file that is open for reading.");
        }

        using (FileStream other = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            other.SetLength(other.Length - 8);
        }

        Assert.Equal([1f, 2f, 3f, 4f], file.Read("a").Span.ToArray());
        FormatAssert.Refuses(() => file.Read("b"), path, "cut short");
    }

    [Fact]
    public void Missing_files_and_folders_are_told_apart()
    {
        using TempFolder folder = new();
        FormatAssert.Refuses(() => SafetensorsFile.Open(folder["none.safetensors"]).Dispose(), "none.safetensors", "not found");
        FormatAssert.Refuses(() => SafetensorsFile.Open(folder["none/x.safetensors"]).Dispose(), "x.safetensors", "not found");
        FormatAssert.Refuses(() => SafetensorsFile.Open(folder.Root).Dispose(), folder.Root, "cannot be read");
    }

    [Fact]
    public void A_number_is_reported_the_same_in_every_culture()
    {
        using TempFolder folder = new();
        string path = folder["hostile.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.File("""{"a":{"dtype":"F32","shape":[-7],"data_offsets":[0,28]}}""", SafetensorsBytes.Counting(7)));
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo culture = new("de-DE");
            culture.NumberFormat.NegativeSign = "minus";
            CultureInfo.CurrentCulture = culture;
            FormatAssert.Refuses(() => SafetensorsFile.Open(path).Dispose(), path, "-7");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Thousands_of_mutations_are_read_or_refused()
    {
        byte[] small = SafetensorsBytes.File(
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F16","shape":[3,1],"data_offsets":[16,22]},"c":{"dtype":"I8","shape":[2],"data_offsets":[22,24]}}""",
            SafetensorsBytes.Counting(6));
        Fuzz(small, headerOnly: small.Length, rounds: 20_000);
    }

    [Fact]
    public void Mutations_of_a_published_file_are_read_or_refused()
    {
        byte[] real = File.ReadAllBytes(SharedData.PathOrSkip("weights/squeezenet_v1.0.safetensors"));
        Fuzz(real, headerOnly: 5200, rounds: 100);
    }

    // Mutates the start of a file, reads all that can be read, and accepts nothing but success or one clear line.
    private static void Fuzz(byte[] original, int headerOnly, int rounds)
    {
        using TempFolder folder = new();
        string path = folder["fuzzed.safetensors"];
        Random random = new(11);
        Stopwatch time = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            byte[] mutated = Mutations.Apply(original, headerOnly, random);
            File.WriteAllBytes(path, mutated);
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadAllOrRefuse(path);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < (8L * mutated.Length) + (1 << 20), string.Create(CultureInfo.InvariantCulture, $"round {round} took {allocated} bytes for a file of {mutated.Length}"));
        }

        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    private static void ReadAllOrRefuse(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (SafetensorsEntry entry in file.Entries.Where(e => e.Type is ElementType.F32 or ElementType.F16))
            {
                Assert.Equal(entry.Shape, file.Read(entry.Name).Shape);
            }
        }
        catch (FcnSharpException e)
        {
            Assert.Contains("fuzzed.safetensors", e.Message, StringComparison.Ordinal);
            FormatAssert.AssertOneLine(e.Message);
        }
    }
}
