using FcnSharp.Cli.Hosting;
using Xunit;

namespace FcnSharp.Cli.Tests.Hosting;

/// <summary>Lines that are longer than the terminal.</summary>
public sealed class TextWrapTests
{
    [Theory]
    [InlineData("fits", "fits")]
    [InlineData("ten chars!", "ten chars!")]
    [InlineData("eleven char", "eleven\n  char")]
    [InlineData("one two three four", "one two\n  three\n  four")]
    [InlineData("anextraordinarilylongword and more", "anextraordinarilylongword\n  and more")]
    [InlineData("a anextraordinarilylongword", "a anextraordinarilylongword")]
    [InlineData("a anextraordinarilylongword b c", "a anextraordinarilylongword\n  b c")]
    [InlineData("  a   b cdefgh", "  a   b\n  cdefgh")]
    [InlineData("  anextraordinarilylongword", "  anextraordinarilylongword")]
    public void Words_stay_whole(string text, string expected) => Assert.Equal(expected, TextWrap.AtBlanks(text, 10, 2));

    [Fact]
    public void A_message_is_broken_on_a_terminal_and_whole_elsewhere()
    {
        CapturedTerminal live = new(isLive: true, width: 40);
        CapturedTerminal piped = new(width: 40);

        Assert.Equal(2, live.Run("info", "--threads", "as many as there are"));
        Assert.Equal(2, piped.Run("info", "--threads", "as many as there are"));

        Assert.Equal("error: --threads needs a whole number of\n  at least 1, found 'as many as there\n  are'; see fcn info --help\n", live.Error);
        Assert.Single(piped.ErrorLines);
    }

    [Fact]
    public void The_table_of_convolutions_keeps_its_columns()
    {
        CapturedTerminal narrow = new(outputWidth: 80);

        Assert.Equal(0, narrow.Run("info"));

        string[] lines = narrow.Output.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        int at = Array.FindIndex(lines, line => line.StartsWith("  sums over interleaved pixels", StringComparison.Ordinal));
        int column = lines[at].IndexOf("3 or 4 inputs", StringComparison.Ordinal);
        Assert.Equal(column, lines[at + 1].Length - lines[at + 1].TrimStart().Length);
    }
}
