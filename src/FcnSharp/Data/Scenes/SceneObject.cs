namespace FcnSharp.Data.Scenes;

/// <summary>One object of a scene: a shape somewhere, turned, with a surface. Lengths are in pixels.</summary>
internal sealed class SceneObject
{
    private readonly float _cos;
    private readonly float _sin;
    private readonly Texture _texture;
    private readonly float _shading;

    public SceneObject(ref SplitMix64 random, float x, float y, float radius, OklabColor background)
    {
        (X, Y, Radius) = (x, y, radius);
        Kind = (ShapeKind)(1 + random.Below(ShapeDistance.Kinds));
        (_cos, _sin) = random.Direction();
        (LinearColor first, LinearColor second) = Colours(ref random, background);
        _texture = new(ref random, first, second, radius);
        _shading = random.Range(0.12f, 0.38f);
    }

    public ShapeKind Kind { get; }

    public float X { get; }

    public float Y { get; }

    public float Radius { get; }

    /// <summary>The distance in pixels from a point of the image to the outline, negative inside.</summary>
    public float Distance(float x, float y)
    {
        (float u, float v) = ToOwnFrame(x, y);
        return Radius * ShapeDistance.To(Kind, u / Radius, v / Radius);
    }

    /// <summary>The colour at a point of the image: the texture, brighter towards the light and a little darker at the very edge.</summary>
    public LinearColor ColorAt(float x, float y, float distance, Lighting light)
    {
        (float u, float v) = ToOwnFrame(x, y);
        float towardsLight = (((x - X) * light.X) + ((y - Y) * light.Y)) / Radius;
        float rim = Math.Clamp(1 + (distance / (0.14f * Radius)), 0f, 1f);
        return _texture.At(u, v) * (1 + (_shading * towardsLight) - (0.16f * rim * rim));
    }

    private (float U, float V) ToOwnFrame(float x, float y)
    {
        (float dx, float dy) = (x - X, y - Y);
        return ((_cos * dx) + (_sin * dy), (_cos * dy) - (_sin * dx));
    }

    /// <summary>Two colours that have nothing to do with the shape: any hue, but one that the eye can tell from the background.</summary>
    private static (LinearColor First, LinearColor Second) Colours(ref SplitMix64 random, OklabColor background)
    {
        const float VisibleContrast = 0.2f;
        OklabColor first;
        do
        {
            first = OklabColor.Random(ref random, random.Range(0.42f, 0.88f), random.Range(0.06f, 0.17f));
        }
        while (first.DistanceTo(background) < VisibleContrast);

        float contrast = random.Range(0.12f, 0.26f);
        OklabColor second = first with { L = first.L > 0.65f ? first.L - contrast : first.L + contrast };
        return (first.ToLinear(), second.ToLinear());
    }
}

/// <summary>The light of a scene: the unit vector towards it in the image's plane, and how dark, long and soft shadows are.</summary>
/// <param name="X">Towards the light, to the right.</param>
/// <param name="Y">Towards the light, downwards.</param>
/// <param name="ShadowStrength">The share of light that a full shadow takes.</param>
/// <param name="ShadowLength">The shadow's shift, as a fraction of the object's radius.</param>
/// <param name="ShadowSoftness">Half the width of the shadow's edge, as a fraction of the object's radius.</param>
internal readonly record struct Lighting(float X, float Y, float ShadowStrength, float ShadowLength, float ShadowSoftness)
{
    public static Lighting Random(ref SplitMix64 random)
    {
        (float x, float y) = random.Direction();
        return new(x, y, random.Range(0.3f, 0.6f), random.Range(0.12f, 0.3f), random.Range(0.14f, 0.34f));
    }
}
