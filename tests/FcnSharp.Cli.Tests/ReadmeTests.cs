using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>The commands that README.md shows are commands that there are.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void Every_command_line_is_understood()
    {
        string[] commands = [.. File.ReadLines(Path.Combine(SharedData.RepositoryRoot, "README.md"))
            .Where(line => line.StartsWith("./fcn ", StringComparison.Ordinal))
            .Select(line => line.Split('#')[0])];

        Assert.True(commands.Length >= 2, "README.md shows no commands: has their form changed?");
        foreach (string command in commands)
        {
            CapturedTerminal terminal = new();

            // With --help nothing is run, and unknown words are still refused.
            Assert.True(terminal.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..], "--help"]) == 0, $"{command}: {terminal.Error}");
        }
    }

    [Fact]
    public void The_demos_options_are_those_of_its_help()
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("demo", "--help"));
        string readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md"));

        foreach (string option in (string[])["--out", "--train", "--val", "--size", "--steps", "--seed", "--json", "--threads", "--quiet"])
        {
            Assert.Contains(option + " ", terminal.Output, StringComparison.Ordinal);
            Assert.Contains($"`{option}", readme, StringComparison.Ordinal);
        }
    }
}
