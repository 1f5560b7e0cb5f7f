using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using FcnSharp.Cli.Hosting;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn setup`: the libraries that read JPEG and WebP, through the system's package manager. Nothing else of fcn installs anything.</summary>
internal sealed class SetupCommand : Verb
{
    private readonly Option<bool> _show = new("--show") { Description = "Only say what is there and what would be run." };

    /// <summary>Creates the verb with its options.</summary>
    public SetupCommand()
        : base("setup", "Install the system's libraries for JPEG and WebP.", "fcn setup --show") => Add(_show);

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        bool complete = true;
        bool listed = false;
        foreach (NativeCodec codec in NativeCodec.All)
        {
            if (codec.IsInstalled)
            {
                context.Output.WriteLine($"{codec.Format}: {codec.Name} is installed");
                continue;
            }

            string[][] commands = Commands(codec);
            if (commands.Length == 0)
            {
                throw new FcnSharpException($"{codec.Format}: {codec.Name} is not installed and no package manager is known here (apt-get, brew); {codec.InstallHint}.");
            }

            if (parsed.GetValue(_show))
            {
                context.Output.WriteLine($"{codec.Format}: {codec.Name} is not installed; this would install it: {string.Join(' ', commands[0])}");
                continue;
            }

            if (OperatingSystem.IsLinux() && !listed)
            {
                // A fresh system has no list of packages yet; a failure shows in what follows.
                listed = true;
                _ = Succeeds([.. commands[0].TakeWhile(word => word != "install"), "update"], context);
            }

            // A library is looked for once a process, so what the package manager says is what counts here.
            bool installed = commands.Any(command => Succeeds(command, context));
            complete &= installed;
            context.Output.WriteLine($"{codec.Format}: {codec.Name} {(installed ? "was installed" : "could not be installed; " + codec.InstallHint)}");
        }

        return complete ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>The commands to try, the likeliest first; none where nothing that installs is known.</summary>
    internal static string[][] Commands(NativeCodec codec)
    {
        if (OperatingSystem.IsMacOS())
        {
            return [["brew", "install", codec.BrewPackage]];
        }

        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/apt-get"))
        {
            return [];
        }

        // Never waits for a password: sudo refuses instead, and the hint then says what to type.
        string[] apt = [.. Environment.IsPrivilegedProcess ? Array.Empty<string>() : ["sudo", "-n"], "apt-get", "install", "-y", "--no-install-recommends"];
        return [.. codec.AptPackages.Select(package => (string[])[.. apt, package])];
    }

    private static bool Succeeds(string[] command, CommandContext context)
    {
        context.Note("Running " + string.Join(' ', command));
        try
        {
            ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Relay(line.Data);
            process.ErrorDataReceived += (_, line) => Relay(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            try
            {
                process.WaitForExitAsync(context.Stop).GetAwaiter().GetResult();
            }
            catch (OperationCanceledException)
            {
                // Killed half-way a package manager leaves its database locked; it has had the same signal and ends by itself.
                process.WaitForExit();
                throw;
            }

            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }

        void Relay(string? line)
        {
            if (line is not null)
            {
                context.Note(line);
            }
        }
    }
}
