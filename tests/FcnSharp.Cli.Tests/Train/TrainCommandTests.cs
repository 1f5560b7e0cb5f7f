using System.Text.Json;
using FcnSharp.Cli.Tests.Demo;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests.Train;

/// <summary>`fcn train` from folders to models; each in a process of its own, as the worker pool is the process's.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_of_images_and_labels_becomes_a_model_with_log_and_report()
    {
        Outcome outcome = (await Train("--steps", "6", "--json")).Expect(0);

        JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal("mini-fcn8s", json.GetProperty("net").GetString());
        Assert.Equal(6, json.GetProperty("steps").GetInt64());
        Assert.Equal(3, json.GetProperty("images").GetInt32());
        Assert.InRange(json.GetProperty("meanIoU").GetDouble(), 0, 100);
        Assert.True(json.GetProperty("imagesPerSecond").GetDouble() > 0);
        Assert.Equal(6, json.GetProperty("classes").GetArrayLength());
        ModelDescription model = ModelFile.LoadDescription(_folder["run/model.safetensors"]);
        Assert.Equal(json.GetProperty("meanIoU").GetDouble(), 100 * model.Metrics!.MeanIoU, 3);
        Assert.Equal("modern", model.Recipe["recipe"]);
        Assert.Equal([1 / 64f, 1 / 64f, 1 / 64f], model.Preprocessing.Scale);
        Assert.Contains("6 steps of 4 images", outcome.Error, StringComparison.Ordinal);
        Assert.Matches("^Training  24/24  .* loss .*, val IU .*, epoch [0-9.]+$", outcome.ErrorLines.Last(line => line.StartsWith("Training  ", StringComparison.Ordinal)));
        string report = File.ReadAllText(_folder["run/report.html"]);
        Assert.Contains("fcn train --data", report, StringComparison.Ordinal);
        Assert.Equal(6, File.ReadLines(_folder["run/log.jsonl"]).Count(l => l.Contains("\"loss\"", StringComparison.Ordinal)));
        Assert.True(File.Exists(_folder["run/checkpoints/00000006.safetensors"]));
    }

    [Fact]
    public async Task A_killed_run_goes_on_to_the_same_bits()
    {
        string[] args = ["--steps", "60", "--checkpoint-every", "7", "--eval-every", "20", "--class-weights", "median", "--accumulate", "2", "--batch", "2", "--clip", "5"];
        (await Train([.. args, "--out", _folder["whole"]])).Expect(0);
        using (FcnProcess run = FcnProcess.Start(Args([.. args, "--out", _folder["killed"]])))
        {
            await run.WaitUntil(() => Directory.Exists(_folder["killed/checkpoints"]) && LogLines("killed") >= 25);
            run.Kill();
            await run.End();
        }

        Outcome resumed = (await Train([.. args, "--out", _folder["killed"]])).Expect(0);

        Assert.Matches(@"Going on from step \d+ of 60", resumed.Error);
        Assert.DoesNotContain("Changed", resumed.Error, StringComparison.Ordinal);
        foreach (string file in (string[])["model.safetensors", "log.jsonl", "checkpoints/00000060.safetensors"])
        {
            Assert.True(File.ReadAllBytes(_folder["whole/" + file]).AsSpan().SequenceEqual(File.ReadAllBytes(_folder["killed/" + file])), file);
        }
    }

    [Fact]
    public async Task Ctrl_C_keeps_what_was_learned_and_says_how_to_go_on()
    {
        using FcnProcess run = FcnProcess.Start(Args("--steps", "100000", "--eval-every", "100000"));
        await run.WaitUntil(() => LogLines("run") >= 5);
        run.Signal(FcnProcess.SigInt);
        Outcome stopped = (await run.End()).Expect(130);

        Assert.Equal("stopped", stopped.ErrorLines[^1]);
        Assert.Matches(@"^Stopped after step (\d+) of 100000; the same command goes on from there\.$", stopped.ErrorLines[^2]);
        Assert.Single(Directory.GetFiles(_folder["run/checkpoints"]));

        Outcome longer = (await Train("--steps", "3", "--lr", "0.001")).Expect(0);
        Assert.Contains("Changed since the checkpoint: learningRate 0.01 is now 0.001", longer.Error, StringComparison.Ordinal);
        Assert.Contains("Changed since the checkpoint: steps 100000 is now 3", longer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_last_checkpoint_gives_way_to_the_one_before()
    {
        (await Train("--steps", "4", "--checkpoint-every", "2")).Expect(0);
        File.WriteAllText(_folder["run/checkpoints/00000004.safetensors"], "broken");

        Outcome again = (await Train("--steps", "4", "--checkpoint-every", "2")).Expect(0);

        Assert.Contains("00000004.safetensors", again.Error, StringComparison.Ordinal);
        Assert.Contains("Going on from step 2 of 4", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_of_the_net_itself_are_a_start()
    {
        (await Train("--steps", "2")).Expect(0);
        Outcome second = (await Train("--steps", "2", "--weights", _folder["run/model.safetensors"], "--out", _folder["second"], "--freeze-backbone", "--lr-mult", "score_*=2/0")).Expect(0);

        Assert.Contains("(mini-fcn8s) into mini-fcn8s: ", second.Error, StringComparison.Ordinal);
        ModelDescription model = ModelFile.LoadDescription(_folder["second/model.safetensors"]);
        Assert.Equal("backbone=0 score_*=2/0", model.Recipe["multipliers"]);
        LoadedModel before = ModelFile.Load(_folder["run/model.safetensors"]);
        LoadedModel after = ModelFile.Load(_folder["second/model.safetensors"]);
        foreach ((NamedTensor a, NamedTensor b) in before.Tensors.Zip(after.Tensors))
        {
            Assert.Equal(!a.Name.Contains("score", StringComparison.Ordinal), a.Tensor.Span.SequenceEqual(b.Tensor.Span));
        }
    }

    [Fact]
    public async Task Stages_follow_each_other_in_folders_of_their_own()
    {
        Outcome outcome = (await FcnProcess.Run(
            "train", "--data", Data(), "--net", "fcn8s-squeezenet1.1", "--staged", "--out", _folder["run"], "--steps", "1", "--batch", "1", "--crop", "32x32", "--keep", "1")).Expect(0);

        Assert.True(File.Exists(_folder["run/fcn16s-squeezenet1.1/model.safetensors"]));
        Assert.True(File.Exists(_folder["run/fcn8s-squeezenet1.1/report.html"]));
        Assert.Contains("(fcn16s-squeezenet1.1) into fcn8s-squeezenet1.1: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_another_run_is_refused()
    {
        (await Train("--steps", "1")).Expect(0);
        string other = _folder["other"];
        SceneDataset.Write(other, 5, 2, 40, 40, seed: 2, cancellation: TestContext.Current.CancellationToken);

        Outcome outcome = (await FcnProcess.Run("train", "--data", other, "--net", "mini-fcn8s", "--out", _folder["run"], "--steps", "1")).Expect(1);
        Assert.Contains("is of another run: data ", outcome.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rate_far_too_high_is_one_line_that_names_a_layer_and_keeps_the_checkpoint()
    {
        Outcome outcome = (await Train("--steps", "50", "--lr", "100000", "--warmup", "0", "--checkpoint-every", "1")).Expect(1);

        Assert.Matches(@"^error: The loss became \S+ at step \d+, first in .+: lower the learning rate \(now .*\), or bound the gradient, and go on from the last checkpoint\.$", outcome.ErrorLines[^1]);
        Assert.NotEmpty(Directory.GetFiles(_folder["run/checkpoints"]));
    }

    [Theory]
    [InlineData(2, "--epochs and --steps both tell the length", "--epochs", "1", "--steps", "1")]
    [InlineData(2, "--crop needs width and height, such as 480x360, or none, found '12'", "--crop", "12")]
    [InlineData(2, "--lr-mult needs pattern=factor", "--lr-mult", "score")]
    [InlineData(2, "--scale needs two numbers above 0, such as 0.5-2, found '2'", "--scale", "2")]
    [InlineData(2, "--recipe must be modern, heavy, at-once, accumulated or cvpr, found 'light'", "--recipe", "light")]
    [InlineData(2, "--lr needs a number of at least 0, found 'fast'", "--lr", "fast")]
    [InlineData(1, "There is no net \"fcn8s\"; there is ", "--net", "fcn8s")]
    [InlineData(2, "vgg16 gives a class for each image", "--net", "vgg16")]
    [InlineData(1, "No parameter of mini-fcn8s fits \"conv9*\"", "--lr-mult", "conv9*=1")]
    [InlineData(1, "The scale must be from a least to a greatest factor", "--scale", "2-1")]
    [InlineData(1, "nothing.pth", "--weights", "nothing.pth")]
    public async Task Mistakes_are_one_line(int exitCode, string message, params string[] args)
    {
        Outcome outcome = (await Train(args)).Expect(exitCode);

        Assert.Contains(message, outcome.ErrorLines[^1], StringComparison.Ordinal);
        Assert.StartsWith("error: ", outcome.ErrorLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    private Task<Outcome> Train(params string[] args) => FcnProcess.Run(Args(args));

    private string[] Args(params string[] args)
    {
        string[] net = args.Contains("--net") ? [] : ["--net", "mini-fcn8s"];
        string[] output = args.Contains("--out") ? [] : ["--out", _folder["run"]];
        return ["train", "--data", Data(), .. net, .. output, .. args];
    }

    private string Data()
    {
        string data = _folder["data"];
        if (!Directory.Exists(data))
        {
            SceneDataset.Write(data, 6, 3, 40, 40, seed: 1, cancellation: TestContext.Current.CancellationToken);
        }

        return data;
    }

    private int LogLines(string run)
    {
        string log = _folder[run + "/log.jsonl"];
        return File.Exists(log) ? File.ReadLines(log).Count() : 0;
    }
}
