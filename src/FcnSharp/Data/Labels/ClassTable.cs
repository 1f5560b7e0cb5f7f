namespace FcnSharp.Data.Labels;

/// <summary>What a file of classes says.</summary>
/// <param name="Classes">The classes.</param>
/// <param name="HasColours">Whether every class has a colour of its own in the file.</param>
/// <param name="VoidColour">The colour of pixels that do not count; null where the file does not say.</param>
internal sealed record ClassTable(IReadOnlyList<ClassInfo> Classes, bool HasColours, (byte R, byte G, byte B)? VoidColour = null);
