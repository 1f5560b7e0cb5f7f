namespace FcnSharp.Cli.Hosting;

/// <summary>What the process returns to its caller.</summary>
internal static class ExitCodes
{
    /// <summary>The verb did what was asked.</summary>
    public const int Success = 0;

    /// <summary>The verb failed and said why in one line.</summary>
    public const int Failure = 1;

    /// <summary>The arguments make no sense; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by the user: 128 + SIGINT, as shells report it.</summary>
    public const int Stopped = 130;
}
