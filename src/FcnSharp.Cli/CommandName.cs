namespace FcnSharp.Cli;

/// <summary>How this program was called, for commands that people may copy from what it writes.</summary>
internal static class CommandName
{
    /// <summary><c>fcn</c>, or what the launcher of a clone says, such as <c>./fcn</c>.</summary>
    public static string Current { get; } = Environment.GetEnvironmentVariable("FCN_COMMAND") is { Length: > 0 } name ? name : "fcn";
}
