using FcnSharp.Data.Download;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Download;

/// <summary>Ids of folders as Git computes them.</summary>
public sealed class GitTreeTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void An_empty_folder_has_the_known_id() => Assert.Equal("4b825dc642cb6eb9a060e54bf8d69288fbee4904", Hash(_temp.Root));

    /// <summary>The id is that of git write-tree. Folder a stands behind a.txt, because Git sorts it as "a/".</summary>
    [Fact]
    public void Files_and_folders_have_the_id_that_git_gives_them()
    {
        Directory.CreateDirectory(_temp["a/inner"]);
        File.WriteAllText(_temp["a/inner/x.txt"], "x\n");
        File.WriteAllText(_temp["a-b"], "one\n");
        File.WriteAllText(_temp["a.txt"], "two\n");
        File.WriteAllText(_temp["a0"], "");
        Assert.Equal("17b2365ab16066b0f0c30f7401cc18be1c9a805a", Hash(_temp.Root));
    }

    /// <summary>The parts of CamVid that are here have the ids that the repository publishes for them at the commit that is downloaded.</summary>
    [Theory]
    [InlineData("train", "0aa31f3aa60e5aa2f5f5cc8b89e4307ec2fbcf4f")]
    [InlineData("trainannot", "8bc8b402ac2a1dc631147a3503b204a0b42220cc")]
    [InlineData("val", "43b828199ff3d8e2a4b6043bcd912db0922cb5d2")]
    [InlineData("valannot", "eb5db2a0151adf9baa5b6d64e0a3af7da45e6d78")]
    public void CamVids_parts_have_their_published_ids(string part, string id) => Assert.Equal(id, Hash(SharedData.PathOrSkip("data/camvid/" + part)));

    private static string Hash(string folder) => GitTree.Hash(folder, _ => { }, TestContext.Current.CancellationToken);
}
