using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>The one-line failures of PNG files: name, what was expected, what was found, remedy.</summary>
internal static class PngFailure
{
    /// <summary>The bytes break the format.</summary>
    public static FcnSharpException Damaged(string name, string what, Exception? cause = null) =>
        new($"{name}: the PNG is damaged: {what}; fetch or export the file again.", cause);

    /// <summary>The file ends too early.</summary>
    public static FcnSharpException Truncated(string name, string missing) =>
        new($"{name}: the PNG is cut short: it ends where {missing} was expected; fetch or export the file again.");

    /// <summary>The file is something else than a PNG.</summary>
    public static FcnSharpException NotPng(string name, ReadOnlySpan<byte> start) =>
        start.Length > 4 && start[1..4].SequenceEqual("PNG"u8)
            ? new($"{name}: the PNG is damaged: expected the signature {Convert.ToHexString(PngChunkReader.Signature)}, found {Convert.ToHexString(start[..Math.Min(start.Length, 8)])}, as when a file is sent as text; fetch it again as binary.")
            : new($"{name}: the file is {FileKind.Describe(start)}, not a PNG; give a PNG file.");

    /// <summary>The stream itself failed.</summary>
    public static FcnSharpException Unreadable(string name, Exception cause) =>
        new($"{name}: the file could not be read ({cause.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.')}); check the path, its permissions and the disk.", cause);
}
