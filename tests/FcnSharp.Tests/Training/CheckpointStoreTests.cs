using FcnSharp.Formats;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class CheckpointStoreTests
{
    [Fact]
    public void The_last_few_are_kept_and_the_newest_is_read()
    {
        using var folder = new TempFolder();
        var store = new CheckpointStore(folder["run"], keep: 2);
        Assert.Null(store.Latest());

        foreach (long step in (long[])[10, 20, 100])
        {
            store.Save(At(step));
        }

        Assert.Equal(["00000020.safetensors", "00000100.safetensors"], Directory.GetFiles(folder["run"]).Select(Path.GetFileName).Order());
        Assert.Equal(100, store.Latest()!.Value.Content.Step);
    }

    [Fact]
    public void A_damaged_newest_one_gives_way_to_the_one_before_and_is_named()
    {
        using var folder = new TempFolder();
        var store = new CheckpointStore(folder["run"]);
        store.Save(At(1));
        string newest = store.Save(At(2));
        File.WriteAllBytes(newest, File.ReadAllBytes(newest)[..^7]);
        List<string> damaged = [];

        Assert.Equal(1, store.Latest(damaged.Add)!.Value.Content.Step);
        Assert.Contains(newest, Assert.Single(damaged), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_all_are_damaged_the_line_says_how_to_start_anew()
    {
        using var folder = new TempFolder();
        var store = new CheckpointStore(folder["run"]);
        File.WriteAllText(store.Save(At(1)), "no checkpoint");

        var e = Assert.Throws<FcnSharpException>(() => store.Latest());
        Assert.Contains("delete the folder", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Other_files_of_the_folder_are_left_alone()
    {
        using var folder = new TempFolder();
        var store = new CheckpointStore(folder["run"], keep: 1);
        store.Save(At(1));
        File.WriteAllText(folder["run/mine.safetensors"], "mine");
        File.WriteAllText(folder["run/7.txt"], "mine");
        store.Save(At(2));

        Assert.Equal(["00000002.safetensors", "7.txt", "mine.safetensors"], Directory.GetFiles(folder["run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        store.Clear();
        Assert.Null(store.Latest());
        Assert.True(File.Exists(folder["run/mine.safetensors"]));
    }

    [Fact]
    public void What_cannot_be_written_leaves_the_older_ones_whole()
    {
        using var folder = new TempFolder();
        var store = new CheckpointStore(folder["run"], keep: 1);
        store.Save(At(1));
        Directory.CreateDirectory(folder["run/00000002.safetensors"]);

        var e = Assert.Throws<FcnSharpException>(() => store.Save(At(2)));
        Assert.Contains("could not be written", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, store.Latest()!.Value.Content.Step);
        Assert.Equal([folder["run/00000001.safetensors"]], Directory.GetFiles(folder["run"]));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_line()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["run"], "a file");

        var e = Assert.Throws<FcnSharpException>(() => new CheckpointStore(folder["run"]).Save(At(1)));
        Assert.Contains("could not be made", e.Message, StringComparison.Ordinal);
    }

    private static CheckpointContent At(long step) => new(MiniNet.Description, [new NamedTensor("w", new Tensor(new Shape(2)))], [], step, 1, new Dictionary<string, string>());
}
