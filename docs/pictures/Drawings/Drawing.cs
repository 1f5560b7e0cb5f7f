namespace FcnSharp.Pictures.Drawings;

/// <summary>The drawings of the page. They are small whole sums and geometry, so each machine draws the same bytes.</summary>
internal static class Drawing
{
    /// <summary>Each by its file's name.</summary>
    public static IReadOnlyDictionary<string, Func<string>> All { get; } = new Dictionary<string, Func<string>>
    {
        ["pixels.svg"] = PixelsDrawing.Draw,
        ["fully-connected.svg"] = FullyConnectedDrawing.Draw,
        ["bilinear.svg"] = BilinearDrawing.Draw,
        ["transposed.svg"] = TransposedDrawing.Draw,
        ["matrix.svg"] = MatrixDrawing.Draw,
        ["stride.svg"] = StrideDrawing.Draw,
        ["skips.svg"] = SkipsDrawing.Draw,
        ["grids.svg"] = GridsDrawing.Draw,
        ["fields.svg"] = FieldsDrawing.Draw,
        ["metrics.svg"] = MetricsDrawing.Draw,
    };
}
