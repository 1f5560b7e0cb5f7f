using FcnSharp.Imaging;

namespace FcnSharp.Inference;

/// <summary>
/// The outline of a region: pixels of one class that hang together by their edges. Unsimplified it runs exactly between the
/// pixels, no ring meets itself, and holes lie inside and touch other rings in single points at most, as OGC and GeoJSON want
/// polygons to be. The first corner of a ring is not repeated at its end.
/// </summary>
/// <param name="Index">The index among the model's classes.</param>
/// <param name="Class">The class's name and colour.</param>
/// <param name="Pixels">How many pixels the region has.</param>
/// <param name="Exterior">The ring around it, clockwise as one sees it (y grows downwards).</param>
/// <param name="Holes">The rings around what it encloses and does not belong to it, against the clock.</param>
public sealed record ClassPolygon(int Index, ClassInfo Class, int Pixels, IReadOnlyList<PixelPoint> Exterior, IReadOnlyList<IReadOnlyList<PixelPoint>> Holes);
