using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

public sealed class PendingFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_old_file_stays_until_the_new_one_is_whole()
    {
        File.WriteAllText(_folder["a"], "old");
        using PendingFile file = new(_folder["a"]);
        file.Content.Write("new"u8);
        file.Content.Flush();
        Assert.Equal("old", File.ReadAllText(_folder["a"]));
        file.Commit();
        Assert.Equal("new", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void Without_a_commit_nothing_is_left()
    {
        using (PendingFile file = new(_folder["a"]))
        {
            file.Content.Write("half"u8);
            Assert.Single(Directory.GetFiles(_folder.Root));
        }

        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void A_commit_that_fails_is_one_line_and_leaves_nothing()
    {
        Directory.CreateDirectory(_folder["a"]);
        using (PendingFile file = new(_folder["a"]))
        {
            FcnSharpException e = Assert.Throws<FcnSharpException>(file.Commit);
            Assert.StartsWith(_folder["a"] + ": the file could not be written (", e.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder.Root));
    }
}
