using FcnSharp.TestKit;

namespace FcnSharp.Cli.Tests.Demo;

/// <summary>Demos that take a second or two.</summary>
internal static class SmallDemo
{
    public const int Steps = 24;
    public const int Train = 12;
    public const int Val = 4;
    public const int Size = 32;

    /// <summary>A demo of 24 steps on scenes of 32x32.</summary>
    public static string[] Args(string folder, params string[] more) => Args(folder, Steps, more);

    /// <summary>A demo of so many steps, to be stopped in its middle.</summary>
    public static string[] Args(string folder, int steps, params string[] more) =>
        ["demo", "--out", folder, "--size", $"{Size}", "--train", $"{Train}", "--val", $"{Val}", "--steps", $"{steps}", .. more];

    /// <summary>Every file below a folder by its relative path.</summary>
    public static Dictionary<string, byte[]> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllBytes);

    /// <summary>Lines in the log of a run, which tell how far it is.</summary>
    public static int LogLines(string folder)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(Path.Combine(folder, "log.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd().Count(c => c == '\n');
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

/// <summary>One small demo that ran to its end, for all tests that only look at what it left.</summary>
public sealed class FinishedDemo : IDisposable
{
    private readonly TempFolder _temp = new();

    /// <summary>Runs the demo inside of this process.</summary>
    public FinishedDemo()
    {
        CapturedTerminal terminal = new();
        ExitCode = terminal.Run(SmallDemo.Args(Folder, "--json"));
        (Output, Error) = (terminal.Output, terminal.Error);
    }

    /// <summary>The demo's folder.</summary>
    public string Folder => _temp["demo"];

    /// <summary>Its exit code.</summary>
    public int ExitCode { get; }

    /// <summary>Its results.</summary>
    public string Output { get; }

    /// <summary>Its messages.</summary>
    public string Error { get; }

    /// <summary>The model it trained.</summary>
    public string Model => Path.Combine(Folder, "model.safetensors");

    /// <inheritdoc/>
    public void Dispose() => _temp.Dispose();
}
