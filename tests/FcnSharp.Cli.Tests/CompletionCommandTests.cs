using System.ComponentModel;
using System.Diagnostics;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>The scripts of fcn completion, run by the shells that are here.</summary>
public sealed class CompletionCommandTests
{
    /// <summary>Loads the script and completes as a user's key would; prints what the shell got.</summary>
    private const string InBash = """
        source "$1/fcn.bash"
        complete -p fcn
        COMP_WORDS=("$1/fcn" "${@:2}")
        COMP_CWORD=$(($# - 1))
        _fcn
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    [Theory]
    [InlineData("bash", "complete -o bashdefault -o default -F _fcn fcn")]
    [InlineData("zsh", "compdef _fcn fcn")]
    [InlineData("fish", "complete -c fcn -f")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName fcn")]
    public void A_script_is_printed_and_says_how_it_is_loaded(string shell, string line)
    {
        string script = Script(shell);

        Assert.Contains(line, script, StringComparison.Ordinal);
        Assert.Contains($"fcn completion {shell}", script, StringComparison.Ordinal);
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_shell_is_wrong_usage()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(2, terminal.Run("completion", "ksh"));

        Assert.Equal("error: there is a completion for bash, zsh, fish, powershell, found 'ksh'; see fcn completion --help\n", terminal.Error);
    }

    [Theory]
    [InlineData("predict", "predi")]
    [InlineData("camvid", "data", "download", "ca")]
    [InlineData("fcn8s-vgg16", "train", "--net", "fcn8s-v")]
    [InlineData("--class-weights", "train", "--data", "my folder", "--class-w")]
    [InlineData("", "predict", "--model", "demo/")]
    public async Task Bash_completes_a_word(string expected, params string[] words)
    {
        using TempFolder folder = new();
        Prepare(folder, "bash");

        string[] lines = await Run("bash", ["--norc", "-c", InBash, "bash", folder.Root, .. words]);

        Assert.Equal(["complete -o bashdefault -o default -F _fcn fcn", .. expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)], lines);
    }

    [Fact]
    public async Task Zsh_and_fish_take_their_scripts()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["fcn.zsh"], Script("zsh"));
        File.WriteAllText(folder["fcn.fish"], Script("fish"));
        (string Shell, string[] Arguments)[] shells =
        [
            ("zsh", ["-f", "-c", "autoload -U compinit && compinit -D -u && source \"$1\" && print ${_comps[fcn]}", "zsh", folder["fcn.zsh"]]),
            ("fish", ["--no-config", "-c", $"source '{folder["fcn.fish"]}'; complete -c fcn | string match -q '*__fcn_suggest*'; and echo _fcn"]),
        ];
        int tried = 0;
        foreach ((string shell, string[] arguments) in shells.Where(each => Exists(each.Shell)))
        {
            Assert.Equal(["_fcn"], await Run(shell, arguments));
            tried++;
        }

        Assert.SkipWhen(tried == 0, "Neither zsh nor fish is installed.");
    }

    [Fact]
    public async Task Fish_completes_a_word()
    {
        Assert.SkipUnless(Exists("fish"), "fish is not installed.");
        using TempFolder folder = new();
        Prepare(folder, "fish");

        string[] lines = await Run("fish", ["--no-config", "-c", $"source '{folder["fcn.fish"]}'; complete -C '{folder["fcn"]} train --net fcn8s-v'"]);

        Assert.Equal(["fcn8s-vgg16"], lines);
    }

    private static string Script(string shell)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(0, terminal.Run("completion", shell));
        return terminal.Output;
    }

    /// <summary>A folder with a command fcn, which is this build, and the script of a shell.</summary>
    private static void Prepare(TempFolder folder, string shell)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The command is made by a script of a Unix shell.");
        Assert.SkipUnless(Exists(shell), $"{shell} is not installed.");
        string program = Path.ChangeExtension(typeof(TestProgram).Assembly.Location, null);
        File.WriteAllText(folder["fcn"], $"#!/bin/sh\nexec '{program}' {TestProgram.CommandLineArgument} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["fcn"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.WriteAllText(folder["fcn." + shell], Script(shell));
    }

    private static bool Exists(string program)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string[]> Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await error);
        return output.TrimEnd('\n').Split('\n');
    }
}
