namespace FcnSharp.Imaging;

/// <summary>A region and the rings around it, as <see cref="RegionOutlines"/> finds them.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Pixels">How many pixels it has.</param>
/// <param name="Exterior">The ring around it, clockwise as one sees it.</param>
/// <param name="Holes">The rings around what it encloses, against the clock.</param>
internal sealed record RegionOutline(ushort Label, int Pixels, PixelPoint[] Exterior, List<PixelPoint[]> Holes);
