namespace FcnSharp.Cli;

/// <summary>How this program was called, for commands that people may copy from what it writes.</summary>
internal static class CommandName
{
    /// <summary><c>fcn</c>, or what the launcher of a clone says, such as <c>./fcn</c>.</summary>
    public static string Current { get; } = Of(Environment.GetEnvironmentVariable("FCN_COMMAND"));

    /// <summary>The name that goes with what a launcher said; null or empty where there was none.</summary>
    internal static string Of(string? launcher) => launcher is { Length: > 0 } ? launcher : "fcn";
}
