namespace FcnSharp;

/// <summary>A class: what it is called, and the colour that shows it in label maps, overlays and reports.</summary>
/// <param name="Name">The name, as people read it, such as "road".</param>
/// <param name="R">Red, 0 to 255.</param>
/// <param name="G">Green, 0 to 255.</param>
/// <param name="B">Blue, 0 to 255.</param>
public sealed record ClassInfo(string Name, byte R, byte G, byte B);
