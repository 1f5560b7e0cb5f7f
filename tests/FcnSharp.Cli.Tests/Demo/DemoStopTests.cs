using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Demo;

/// <summary>A demo that is stopped, killed, or finds what another run has left; each in a process of its own.</summary>
public sealed class DemoStopTests
{
    private const int Steps = 260;

    [Theory]
    [InlineData(FcnProcess.SigInt)]
    [InlineData(FcnProcess.SigTerm)]
    public async Task A_stopped_run_says_how_to_go_on_and_then_ends_as_if_it_had_never_stopped(int signal)
    {
        using var temp = new TempFolder();
        (await FcnProcess.Run(SmallDemo.Args(temp["whole"], Steps))).Expect(0);
        using FcnProcess run = FcnProcess.Start(SmallDemo.Args(temp["stopped"], Steps));
        await run.WaitUntil(() => SmallDemo.LogLines(temp["stopped"]) >= 30);
        run.Signal(signal);

        Outcome stopped = (await run.End()).Expect(130);
        Assert.Equal("", stopped.Output);
        Assert.Equal("stopped", stopped.ErrorLines[^1]);
        Assert.Matches(@"^Stopped after step \d+ of 260; the same command goes on from there \(.*checkpoint\.safetensors\)$", stopped.ErrorLines[^2]);
        Assert.True(File.Exists(temp["stopped/checkpoint.safetensors"]));
        Assert.False(File.Exists(temp["stopped/model.safetensors"]));

        Outcome resumed = (await FcnProcess.Run(SmallDemo.Args(temp["stopped"], Steps))).Expect(0);
        Assert.Contains("Going on from step ", resumed.Error, StringComparison.Ordinal);
        Assert.Matches("(?m)^Trained from step [0-9]+ on in [0-9]+ s, ", resumed.Output);
        AssertSameRun(temp["whole"], temp["stopped"]);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_it_predicts_does_not_train_again()
    {
        using var temp = new TempFolder();
        string[] args = ["demo", "--out", temp["d"], "--train", "4", "--val", "300", "--size", "64", "--steps", "1"];
        using FcnProcess run = FcnProcess.Start(args);
        await run.WaitUntil(() => Directory.Exists(temp["d/predictions"]));
        run.Signal(FcnProcess.SigInt);
        Outcome stopped = (await run.End()).Expect(130);
        Assert.Contains("The training is done and kept; the same command goes on after it", stopped.Error, StringComparison.Ordinal);

        Outcome resumed = (await FcnProcess.Run(args)).Expect(0);

        Assert.Contains("Going on from step 1 of 1", resumed.Error, StringComparison.Ordinal);
        Assert.Contains("Trained by the run before.", resumed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_run_goes_on_from_its_last_checkpoint()
    {
        using var temp = new TempFolder();
        (await FcnProcess.Run(SmallDemo.Args(temp["whole"], Steps))).Expect(0);
        using FcnProcess run = FcnProcess.Start(SmallDemo.Args(temp["killed"], Steps));
        await run.WaitUntil(() => SmallDemo.LogLines(temp["killed"]) >= 130);
        run.Kill();
        await run.End();

        Outcome resumed = (await FcnProcess.Run(SmallDemo.Args(temp["killed"], Steps))).Expect(0);
        Assert.Matches(@"Going on from step \d{2,3} of 260", resumed.Error);
        AssertSameRun(temp["whole"], temp["killed"]);
    }

    [Fact]
    public async Task A_run_that_is_killed_while_it_draws_begins_anew()
    {
        using var temp = new TempFolder();
        string[] args = ["demo", "--out", temp["d"], "--train", "300", "--val", "1", "--size", "128", "--steps", "2"];
        using FcnProcess run = FcnProcess.Start(args);
        await run.WaitUntil(() => Directory.Exists(temp["d/data/images"]) && Directory.EnumerateFiles(temp["d/data/images"], "*.png").Any());
        run.Kill();
        await run.End();

        (await FcnProcess.Run(args)).Expect(0);
    }

    [Fact]
    public async Task A_checkpoint_of_other_settings_is_one_line_and_the_scenes_stay()
    {
        using var temp = new TempFolder();
        await Stopped(temp["d"]);
        Dictionary<string, byte[]> before = SmallDemo.Files(temp["d"]);

        Outcome steps = (await FcnProcess.Run(SmallDemo.Args(temp["d"], 100_001))).Expect(1);
        Assert.Contains("'steps' = '100000', this run has 'steps' = '100001'", Assert.Single(steps.ErrorLines), StringComparison.Ordinal);
        Outcome seed = (await FcnProcess.Run(SmallDemo.Args(temp["d"], 100_000, "--seed", "2"))).Expect(1);
        Assert.Contains("seed 1337', this run has 'data' = 'scenes 12+4 32x32 seed 2'", Assert.Single(seed.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("delete the file to start anew", seed.Error, StringComparison.Ordinal);

        Dictionary<string, byte[]> after = SmallDemo.Files(temp["d"]);
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(before, file => Assert.True(file.Value.AsSpan().SequenceEqual(after[file.Key]), file.Key));
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_one_line_with_the_remedy()
    {
        using var temp = new TempFolder();
        await Stopped(temp["d"]);
        byte[] whole = File.ReadAllBytes(temp["d/checkpoint.safetensors"]);
        byte[] changed = [.. whole];
        changed[^1] ^= 1;
        foreach (byte[] damaged in (byte[][])[[], whole[..5], whole[..2000], whole[..^1], changed])
        {
            File.WriteAllBytes(temp["d/checkpoint.safetensors"], damaged);

            CapturedTerminal terminal = new();
            Assert.Equal(1, terminal.Run(SmallDemo.Args(temp["d"], 100_000)));

            string line = Assert.Single(terminal.ErrorLines);
            Assert.StartsWith($"error: {temp["d/checkpoint.safetensors"]}", line, StringComparison.Ordinal);
            Assert.EndsWith($"To start the demo anew, delete {temp["d/checkpoint.safetensors"]}.", line, StringComparison.Ordinal);
        }

        File.Delete(temp["d/checkpoint.safetensors"]);
        Assert.Equal(0, new CapturedTerminal().Run(SmallDemo.Args(temp["d"], 2)));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_line()
    {
        using var temp = new TempFolder();
        File.WriteAllText(temp["file"], "mine");
        foreach (string folder in (string[])[temp["file"], temp["file/below"]])
        {
            CapturedTerminal terminal = new();
            Assert.Equal(1, terminal.Run(SmallDemo.Args(folder)));
            string line = Assert.Single(terminal.ErrorLines);
            Assert.StartsWith($"error: {folder}: the folder could not be made (", line, StringComparison.Ordinal);
            Assert.EndsWith("; choose a folder that you may write to.", line, StringComparison.Ordinal);
        }

        Assert.Equal("mine", File.ReadAllText(temp["file"]));
    }

    [Fact]
    public void A_folder_that_is_read_only_is_one_line()
    {
        using var temp = new TempFolder();
        if (OperatingSystem.IsWindows() || Environment.UserName == "root")
        {
            Assert.Skip("Needs a user whom a read-only folder stops.");
            return;
        }

        Directory.CreateDirectory(temp["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CapturedTerminal terminal = new();

        Assert.Equal(1, terminal.Run(SmallDemo.Args(temp["locked"])));
        Assert.Contains(temp["locked"], Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_name_is_a_usage_error()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run("demo", "--out", ""));

        Assert.Equal("error: --out needs the name of a folder; write . for the current one; see fcn demo --help\n", terminal.Error);
    }

    [Fact]
    public void Pictures_of_others_are_not_replaced()
    {
        using var temp = new TempFolder();
        Directory.CreateDirectory(temp["d/data/images"]);
        File.WriteAllText(temp["d/data/images/holiday.png"], "mine");
        CapturedTerminal terminal = new();

        Assert.Equal(1, terminal.Run(SmallDemo.Args(temp["d"])));

        Assert.Contains("holiday.png", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(["holiday.png"], Directory.EnumerateFiles(temp["d/data/images"]).Select(Path.GetFileName));
    }

    /// <summary>A run of 100,000 steps that was stopped after a few.</summary>
    private static async Task Stopped(string folder)
    {
        using FcnProcess run = FcnProcess.Start(SmallDemo.Args(folder, 100_000));
        await run.WaitUntil(() => SmallDemo.LogLines(folder) >= 5);
        run.Signal(FcnProcess.SigInt);
        (await run.End()).Expect(130);
    }

    private static void AssertSameRun(string expected, string actual)
    {
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "model.safetensors")), File.ReadAllBytes(Path.Combine(actual, "model.safetensors")));
        Assert.Equal(File.ReadAllText(Path.Combine(expected, "log.jsonl")), File.ReadAllText(Path.Combine(actual, "log.jsonl")));
        Assert.False(File.Exists(Path.Combine(actual, "checkpoint.safetensors")));
    }
}
