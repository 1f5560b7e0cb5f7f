using FcnSharp.Models;
using Xunit;

namespace FcnSharp.Cli.Tests.Hosting;

/// <summary>What fcn suggests to a shell for the word at the cursor.</summary>
public sealed class SuggestionsTests
{
    [Theory]
    [InlineData("predict", "pre")]
    [InlineData("data demo", "d")]
    [InlineData("", "xyz")]
    // A value, or an option before the verb, is no verb.
    [InlineData("--data", "--quiet", "eval", "--dat")]
    [InlineData("--list", "predict", "--out", "demo", "--li")]
    [InlineData("--kernels", "--threads", "2", "predict", "a.png", "--ker")]
    // What was given once is not offered again, unless it may be repeated.
    [InlineData("", "predict", "--resume", "--res")]
    [InlineData("--only", "bench", "--only", "x", "--on")]
    // Values.
    [InlineData("auto exact fast off", "predict", "--tile", "")]
    [InlineData("exact", "predict", "--tile", "ex")]
    [InlineData("--tile=exact", "predict", "--tile=ex")]
    [InlineData("exact", "predict", "--tile", "=", "ex")]
    [InlineData("auto exact fast off", "predict", "--tile", "=")]
    [InlineData("median", "train", "--class-weights", "m")]
    [InlineData("avx2 avx512", "--kernels", "avx")]
    [InlineData("exact", "info", "--precision", "e")]
    [InlineData("train", "eval", "--split", "tr")]
    [InlineData("torchvision", "convert", "--input", "t")]
    [InlineData("reference", "info", "--padding", "r")]
    [InlineData("mini-fcn8s", "train", "--net", "mini")]
    [InlineData("mini-fcn8s", "bench", "--net", "mini")]
    [InlineData("mini-fcn8s", "info", "mini")]
    [InlineData("check download info", "data", "")]
    [InlineData("check download info", "data", "--void", "3", "")]
    [InlineData("camvid", "data", "download", "c")]
    [InlineData("powershell", "completion", "p")]
    // Where a file belongs nothing is suggested, so that the shell offers files.
    [InlineData("", "data", "check", "")]
    [InlineData("", "predict", "")]
    [InlineData("", "predict", "a.png", "")]
    [InlineData("", "train", "--data", "")]
    [InlineData("", "train", "--data", "d", "--weights", "")]
    public void A_word_is_completed(string expected, params string[] words)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run([$"[suggest:{words.Length - 1}]", .. words]));

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void The_first_word_is_a_verb_and_an_empty_one_need_not_be_handed_over()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("[suggest:0]"));

        string[] verbs = terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("train", verbs);
        Assert.Contains("completion", verbs);
        Assert.DoesNotContain(verbs, verb => verb.StartsWith('-'));
    }

    [Fact]
    public void Words_behind_the_cursor_do_not_count()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("[suggest:2]", "info", "--padding", "t", "fcn8s-vgg16"));

        Assert.Equal("tight\n", terminal.Output);
    }

    [Fact]
    public void Every_net_is_offered()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("[suggest:1]", "info", ""));

        Assert.Equal(Catalogue.Names.Order(StringComparer.Ordinal), terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[suggest:x]")]
    [InlineData("[suggest:-1]")]
    [InlineData("[suggest]")]
    public void Anything_else_in_brackets_is_no_question(string argument)
    {
        Assert.Equal(2, new CapturedTerminal().Run(argument));
    }
}
