namespace FcnSharp.Inference;

/// <summary>Which outlines <see cref="Segmentation.Polygons"/> gives, and how exactly.</summary>
public sealed record PolygonOptions
{
    /// <summary>Regions of fewer pixels are left out, and holes of fewer are filled. From 1, which leaves out nothing.</summary>
    public int MinPixels { get; init; } = 1;

    /// <summary>
    /// How far, in pixels, an outline may be from the corners that it leaves out (Douglas-Peucker); 0 leaves out none. From about 1
    /// the stairs of slanted borders become lines. Neighbours may then overlap or gape by twice as much, and a ring may cross itself.
    /// </summary>
    public double Tolerance { get; init; }
}
