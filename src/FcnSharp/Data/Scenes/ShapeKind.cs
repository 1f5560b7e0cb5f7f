namespace FcnSharp.Data.Scenes;

/// <summary>The shapes; each value is the shape's label.</summary>
internal enum ShapeKind
{
    Disk = 1,
    Square,
    Triangle,
    Ring,
    Cross,
}

/// <summary>Distances to the shapes' outlines, negative inside (after Quilez, 2D distance functions).</summary>
internal static class ShapeDistance
{
    public const int Kinds = 5;

    /// <summary>The distance from the centre beyond which no shape reaches.</summary>
    public const float Extent = 1.2f;

    // Sizes at which the five shapes look equally large and none covers much more than another.
    private const float DiskRadius = 0.88f;
    private const float SquareHalf = 0.8f;
    private const float TriangleHalfSide = 1f;
    private const float RingRadius = 0.74f;
    private const float RingHalfWidth = 0.22f;
    private const float CrossHalfLength = 1f;
    private const float CrossHalfWidth = 0.32f;
    private const float Sqrt3 = 1.7320508f;

    /// <summary>The signed distance from a point to the outline of a shape of nominal radius 1 about the origin.</summary>
    public static float To(ShapeKind kind, float x, float y) => kind switch
    {
        ShapeKind.Disk => Length(x, y) - DiskRadius,
        ShapeKind.Square => Box(x, y, SquareHalf, SquareHalf),
        ShapeKind.Triangle => Triangle(x, y),
        ShapeKind.Ring => MathF.Abs(Length(x, y) - RingRadius) - RingHalfWidth,
        _ => MathF.Min(Box(x, y, CrossHalfLength, CrossHalfWidth), Box(x, y, CrossHalfWidth, CrossHalfLength)),
    };

    private static float Length(float x, float y) => MathF.Sqrt((x * x) + (y * y));

    private static float Box(float x, float y, float halfWidth, float halfHeight)
    {
        float dx = MathF.Abs(x) - halfWidth;
        float dy = MathF.Abs(y) - halfHeight;
        return Length(MathF.Max(dx, 0), MathF.Max(dy, 0)) + MathF.Min(MathF.Max(dx, dy), 0);
    }

    private static float Triangle(float x, float y)
    {
        x = MathF.Abs(x) - TriangleHalfSide;
        y += TriangleHalfSide / Sqrt3;
        if (x + (Sqrt3 * y) > 0)
        {
            (x, y) = ((x - (Sqrt3 * y)) / 2, ((-Sqrt3 * x) - y) / 2);
        }

        x -= Math.Clamp(x, -2 * TriangleHalfSide, 0);
        return y < 0 ? Length(x, y) : -Length(x, y);
    }
}
