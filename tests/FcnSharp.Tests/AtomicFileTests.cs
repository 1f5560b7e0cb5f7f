using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_new_file_holds_what_was_written_and_nothing_else_is_left()
    {
        using TempFolder folder = new();
        AtomicFile.Write(folder["a.bin"], stream => stream.Write([1, 2, 3]));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder["a.bin"]));
        Assert.Equal([folder["a.bin"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void An_old_file_is_replaced()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["a.txt"], "old and longer");
        AtomicFile.Write(folder["a.txt"], stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void A_failing_write_leaves_the_old_file_and_no_temporary_one()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["a.txt"], "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["a.txt"], stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException("on purpose");
        }));
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        Assert.Equal([folder["a.txt"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void A_missing_folder_is_one_line_that_names_the_file()
    {
        using TempFolder folder = new();
        string path = Path.Combine(folder.Root, "none", "a.txt");
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => AtomicFile.Write(path, _ => { }));
        Assert.StartsWith(path + ": ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_folder_in_the_way_is_refused_and_kept()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["a"]);
        Assert.Throws<FcnSharpException>(() => AtomicFile.Write(folder["a"], stream => stream.WriteByte(1)));
        Assert.Empty(Directory.GetFiles(folder.Root));
        Assert.True(Directory.Exists(folder["a"]));
    }

    [Fact]
    public void A_symbolic_link_stays_a_link_to_the_new_content()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["target"], "old");
        try
        {
            File.CreateSymbolicLink(folder["link"], folder["target"]);
        }
        catch (IOException e)
        {
            Assert.Skip($"Symbolic links cannot be made here: {e.Message}");
        }

        AtomicFile.Write(folder["link"], stream => stream.Write("new"u8));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
        Assert.Equal("new", File.ReadAllText(folder["target"]));
    }
}
