namespace FcnSharp.Cli.Hosting;

/// <summary>Options that each are right but do not go together: found by a verb's body, reported like the parser's own findings.</summary>
internal sealed class UsageException(string message) : Exception(message);
