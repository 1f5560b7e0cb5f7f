using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>What the user types, and the answer to what makes no sense.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("error: unknown verb 'trian'; see fcn --help", "trian")]
    [InlineData("error: unknown verb 'trian'; see fcn --help", "trian", "--help")]
    [InlineData("error: unknown option '--bogus'; see fcn --help", "--bogus")]
    [InlineData("error: unknown option '--jsno'; see fcn info --help", "info", "--jsno")]
    [InlineData("error: unknown argument 'x'; see fcn info --help", "info", "lenet", "x")]
    [InlineData("error: --threads needs a whole number of at least 1, found 'many'; see fcn info --help", "info", "--threads", "many")]
    [InlineData("error: --precision is fast or exact, found 'half'; see fcn info --help", "info", "--precision", "half")]
    [InlineData("error: --device is cpu, cuda or cuda:N, found 'gpu'; see fcn info --help", "info", "--device", "gpu")]
    [InlineData("error: --device is cpu, cuda or cuda:N, found 'cuda:-1'; see fcn info --help", "info", "--device", "cuda:-1")]
    [InlineData("error: --kernels names kernels of the processor; leave it or --device out; see fcn info --help", "info", "--device", "cuda", "--kernels", "portable128")]
    [InlineData("error: there are no kernels 'mmx'; there are avx512, avx2, portable128, reference; see fcn info --help", "info", "--kernels", "mmx")]
    [InlineData("error: --threads needs a whole number of at least 1, found '0'; see fcn info --help", "info", "--threads", "0")]
    [InlineData("error: --threads needs a whole number of at least 1, found '-2'; see fcn info --help", "info", "--threads=-2")]
    [InlineData("error: --threads needs a whole number of at least 1, found '1.5'; see fcn info --help", "--threads", "1.5", "info")]
    [InlineData("error: --threads needs a whole number of at least 1, found '99999999999'; see fcn info --help", "info", "--threads", "99999999999")]
    public void Usage_errors_are_one_line_and_exit_code_2(string expected, params string[] args)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run(args));

        Assert.Equal(expected + "\n", terminal.Error);
        Assert.Equal("", terminal.Output);
    }

    [Fact]
    public void An_option_without_its_value_is_one_line_and_exit_code_2()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run("info", "--threads"));

        Assert.Contains("--threads", Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_lists_every_verb_with_an_example(params string[] args)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run(args));

        Assert.Contains("Semantic segmentation", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("\n  fcn info fcn8s-vgg16 --size 500x375\n", terminal.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal("", terminal.Error);
    }

    [Fact]
    public void Help_of_a_verb_shows_its_options_and_its_example()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("info", "--help"));

        Assert.Contains("--json", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("--threads", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("\nExamples:\n  fcn info fcn8s-vgg16 --size 500x375\n  fcn info\n", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_fits_the_terminal()
    {
        CapturedTerminal root = new();
        Assert.Equal(0, root.Run("--help"));
        string[] verbs = [.. FcnCommandLine.CreateRoot(root.Terminal).Subcommands.Select(verb => verb.Name)];
        Assert.Contains("completion", verbs);
        foreach (string verb in (string[])["", .. verbs])
        {
            CapturedTerminal terminal = new(width: 80);
            Assert.Equal(0, terminal.Run(verb.Length > 0 ? [verb, "--help"] : ["--help"]));
            Assert.All(terminal.Output.Split('\n'), line => Assert.True(line.Length <= 80, $"{verb}: {line}"));
        }

        CapturedTerminal wide = new(width: 300);
        Assert.Equal(0, wide.Run("train", "--help"));
        Assert.All(wide.Output.Split('\n'), line => Assert.True(line.Length <= 100, line));
    }

    [Fact]
    public void Version_is_the_number_alone()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("--version"));

        Assert.Matches(@"^\d+\.\d+\.\d+(-[a-z0-9.]+)?\n$", terminal.Output);
    }
}
