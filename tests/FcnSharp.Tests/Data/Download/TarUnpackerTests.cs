using System.Formats.Tar;
using System.IO.Compression;
using FcnSharp.Data.Download;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Download;

/// <summary>Archives: what they may hold, and what they must not.</summary>
public sealed class TarUnpackerTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public TarUnpackerTests() => Directory.CreateDirectory(_temp["inner/to"]);

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false, TarEntryFormat.Ustar)]
    [InlineData(true, TarEntryFormat.Pax)]
    [InlineData(true, TarEntryFormat.Gnu)]
    [InlineData(true, TarEntryFormat.V7)]
    public void The_wanted_folder_is_unpacked_and_nothing_else(bool gzip, TarEntryFormat format)
    {
        Write(gzip, format, ("./repo-1/README", "x"), ("repo-1/data/a.txt", "one"), ("repo-1/data/b/c.txt", "two"), ("repo-1/data2/d.txt", "three"));
        Assert.Equal(2, Unpack(new FolderContent(FolderContent.AnyName, "data")));
        Assert.Equal(["a.txt", "b/c.txt"], Unpacked());
        Assert.Equal("two", System.IO.File.ReadAllText(_temp["inner/to/b/c.txt"]));
    }

    [Fact]
    public void Global_attributes_as_of_git_archive_are_passed_over()
    {
        using (FileStream file = System.IO.File.Create(_temp["a.tar"]))
        using (TarWriter tar = new(file, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(new Dictionary<string, string> { ["comment"] = "bb68b64e" }));
            tar.WriteEntry(File(TarEntryFormat.Pax, "a", "one"));
        }

        Assert.Equal(1, Unpack(new FolderContent()));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/evil")]
    [InlineData("a//evil")]
    [InlineData("..")]
    [InlineData("a\\..\\evil")]
    [InlineData("C:/evil")]
    public void No_file_ends_up_outside_of_the_folder(string name)
    {
        Write(gzip: false, TarEntryFormat.Pax, ("good", "x"), (name, "y"));
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent()));
        Assert.Contains($"found '{name}'", e.Message, StringComparison.Ordinal);
        Assert.Equal(["a.tar", "inner/to/good"], Directory.EnumerateFiles(_temp.Root, "*", SearchOption.AllDirectories).Select(Relative).Order(StringComparer.Ordinal));

        // Nor where it is not wanted: an honest archive has no such name.
        Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent("elsewhere")));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    public void Links_and_devices_are_refused(TarEntryType type)
    {
        using (FileStream file = System.IO.File.Create(_temp["a.tar"]))
        using (TarWriter tar = new(file, TarEntryFormat.Pax))
        {
            PaxTarEntry link = new(type, "data/link");
            if (type is not TarEntryType.Fifo)
            {
                link.LinkName = "/etc/passwd";
            }

            tar.WriteEntry(link);
            tar.WriteEntry(File(TarEntryFormat.Pax, "data/link/evil", "x"));
        }

        FcnSharpException e = Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent("data")));
        Assert.Contains($"found 'data/link' of type {type}", e.Message, StringComparison.Ordinal);
        Assert.Empty(Unpacked());
    }

    [Fact]
    public void More_than_the_limit_is_refused_before_it_is_written()
    {
        Write(gzip: true, TarEntryFormat.Pax, ("a", new string(' ', 600)), ("skipped/b", new string(' ', 600)));
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent(), maxBytes: 1000));
        Assert.Contains("of 1000 bytes together, found more at 'skipped/b'", e.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], Unpacked());
    }

    [Fact]
    public void The_same_name_twice_is_refused()
    {
        Write(gzip: false, TarEntryFormat.Pax, ("a", "one"), ("a", "two"));
        Assert.Contains("'a' twice", Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_archive_is_refused()
    {
        Write(gzip: false, TarEntryFormat.Pax, ("a", "one"));
        Assert.Contains("found none of them", Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent("data"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_damaged_archive_is_one_line_wherever_it_is_cut_or_changed(bool gzip)
    {
        Write(gzip, TarEntryFormat.Pax, ("data/a", new string('a', 3000)), ("data/b", "two"), ("data/" + new string('n', 150), "three"));
        byte[] whole = System.IO.File.ReadAllBytes(_temp["a.tar"]);
        Random random = new(1);
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            damaged = i % 2 == 0 ? damaged : damaged[..random.Next(whole.Length)];
            System.IO.File.WriteAllBytes(_temp["a.tar"], damaged);
            Directory.Delete(_temp["inner/to"], recursive: true);
            Directory.CreateDirectory(_temp["inner/to"]);
            try
            {
                Unpack(new FolderContent());
            }
            catch (FcnSharpException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.Contains("a.tar", e.Message, StringComparison.Ordinal);
            }

            Assert.Equal(["a.tar"], Directory.EnumerateFiles(_temp.Root).Select(Path.GetFileName));
            Assert.Equal(["to"], Directory.EnumerateFileSystemEntries(_temp["inner"]).Select(Path.GetFileName));
        }
    }

    [Fact]
    public void A_long_header_is_refused_before_there_is_memory_for_it()
    {
        Write(gzip: false, TarEntryFormat.Pax, ("data/" + new string('n', 150), "three"));
        byte[] file = System.IO.File.ReadAllBytes(_temp["a.tar"]);
        Assert.Equal((byte)'x', file[156]);
        "10000000000"u8.CopyTo(file.AsSpan(124));
        file.AsSpan(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in file.AsSpan(0, 512))
        {
            sum += value;
        }

        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(file, 148);
        System.IO.File.WriteAllBytes(_temp["a.tar"], file);

        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Contains("1073741824 bytes of metadata", Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent())).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100_000_000);
    }

    /// <summary>A size in the attributes would hide the next headers from whoever follows them.</summary>
    [Fact]
    public void A_size_beside_the_header_is_refused()
    {
        using (FileStream file = System.IO.File.Create(_temp["a.tar"]))
        using (TarWriter tar = new(file, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a", new Dictionary<string, string> { ["sizf"] = "3" }) { DataStream = new MemoryStream([1, 2, 3]) });
        }

        byte[] bytes = System.IO.File.ReadAllBytes(_temp["a.tar"]);
        " size="u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf(" sizf="u8)));
        System.IO.File.WriteAllBytes(_temp["a.tar"], bytes);
        Assert.Contains("too large", Assert.Throws<FcnSharpException>(() => Unpack(new FolderContent())).Message, StringComparison.Ordinal);
    }

    private static TarEntry File(TarEntryFormat format, string name, string text)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
            TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
            TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
            _ => new PaxTarEntry(TarEntryType.RegularFile, name),
        };
        entry.DataStream = new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text));
        return entry;
    }

    private void Write(bool gzip, TarEntryFormat format, params (string Name, string Text)[] files)
    {
        using FileStream file = System.IO.File.Create(_temp["a.tar"]);
        using Stream target = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file;
        using TarWriter tar = new(target, format);
        foreach ((string name, string text) in files)
        {
            tar.WriteEntry(File(format, name, text));
        }
    }

    private int Unpack(ArchiveContent content, long maxBytes = 1_000_000) =>
        TarUnpacker.Unpack(_temp["a.tar"], _temp["inner/to"], content, maxBytes, (_, _) => { }, TestContext.Current.CancellationToken);

    private IEnumerable<string> Unpacked() =>
        Directory.EnumerateFiles(_temp["inner/to"], "*", SearchOption.AllDirectories).Select(path => Relative(path)["inner/to/".Length..]).Order(StringComparer.Ordinal);

    private string Relative(string path) => Path.GetRelativePath(_temp.Root, path).Replace('\\', '/');
}
