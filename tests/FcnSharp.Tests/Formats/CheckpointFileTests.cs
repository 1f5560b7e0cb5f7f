using FcnSharp.Formats;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats;

public sealed class CheckpointFileTests
{
    [Fact]
    public void A_checkpoint_survives_in_every_field()
    {
        using TempFolder folder = new();
        string path = folder["run.safetensors"];
        CheckpointContent saved = SampleModel.Checkpoint;
        CheckpointFile.Save(path, saved);
        CheckpointContent found = CheckpointFile.Load(path);
        Assert.Equal(saved.Step, found.Step);
        Assert.Equal(saved.Seed, found.Seed);
        Assert.Equal(saved.Settings, found.Settings);
        Assert.Equal(saved.Description.Classes, found.Description.Classes);
        ModelFileTests.AssertSame(saved.Weights, found.Weights);
        ModelFileTests.AssertSame(saved.SolverState, found.SolverState);

        CheckpointFile.Save(folder["again.safetensors"], found);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder["again.safetensors"]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["weight/score.weight", "weight/score.bias", "solver/momentum/score.bias"], file.Entries.Select(e => e.Name));
    }

    [Theory]
    [InlineData("\"0.01\"", "\"0.02\"", "fingerprint")]
    [InlineData("\"step\":", "\"step\":-", "step")]
    [InlineData("\"seed\":-7", "\"seed\":1.5", "seed")]
    [InlineData("\"settings\":", "\"sittings\":", "settings")]
    public void A_changed_progress_is_noticed(string old, string changed, string part)
    {
        using TempFolder folder = new();
        string path = folder["run.safetensors"];
        CheckpointFile.Save(path, SampleModel.Checkpoint);
        Dictionary<string, string> metadata;
        List<NamedTensor> tensors;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            Assert.Contains(old, file.Metadata["checkpoint"], StringComparison.Ordinal);
            metadata = new(file.Metadata) { ["checkpoint"] = file.Metadata["checkpoint"].Replace(old, changed, StringComparison.Ordinal) };
            tensors = [.. file.Entries.Select(e => new NamedTensor(e.Name, file.Read(e.Name)))];
        }

        SafetensorsWriter.Write(path, tensors, metadata);
        FormatAssert.Refuses(() => CheckpointFile.Load(path), path, part);
    }

    [Fact]
    public void Resuming_with_other_settings_names_the_first_that_differs()
    {
        CheckpointContent checkpoint = SampleModel.Checkpoint;
        checkpoint.RequireSameSettings("run.safetensors", new Dictionary<string, string>(checkpoint.Settings));
        FormatAssert.Refuses(
            () => checkpoint.RequireSameSettings("run.safetensors", new Dictionary<string, string> { ["lr"] = "0.02", ["batch"] = "8" }),
            "run.safetensors",
            "'lr' = '0.01'",
            "'lr' = '0.02'");
        FormatAssert.Refuses(
            () => checkpoint.RequireSameSettings("run.safetensors", new Dictionary<string, string> { ["lr"] = "0.01" }),
            "run.safetensors",
            "'batch' = '8'",
            "no 'batch'");
        FormatAssert.Refuses(
            () => checkpoint.RequireSameSettings("run.safetensors", new Dictionary<string, string> { ["lr"] = "0.01", ["batch"] = "8", ["a"] = "1" }),
            "run.safetensors",
            "no 'a'");
    }
}
