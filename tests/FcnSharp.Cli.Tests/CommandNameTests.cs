using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

public sealed class CommandNameTests
{
    [Theory]
    [InlineData(null, "fcn")]
    [InlineData("", "fcn")]
    [InlineData("./fcn", "./fcn")]
    public void It_is_what_the_launcher_says_else_the_program_s_own(string? launcher, string name) => Assert.Equal(name, CommandName.Of(launcher));

    [Fact]
    public void Both_launchers_of_a_clone_say_their_name()
    {
        Assert.Contains("export FCN_COMMAND=", File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "fcn")), StringComparison.Ordinal);
        Assert.Contains("FCN_COMMAND=", File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "fcn.cmd")), StringComparison.Ordinal);
    }
}
