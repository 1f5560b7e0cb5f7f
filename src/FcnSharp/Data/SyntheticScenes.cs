using System.Globalization;
using FcnSharp.Data.Scenes;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// Labelled pictures made from a seed: three to eight overlapping shapes with textures, shading, shadows and sensor noise before a mottled background.
/// Colour and texture say nothing about the class; only the shape does. The same seed and index give the same bytes on every platform and runtime.
/// </summary>
public static class SyntheticScenes
{
    /// <summary>The shortest side that a scene may have, in pixels.</summary>
    public const int MinSide = 16;

    /// <summary>Makes one scene.</summary>
    /// <param name="width">Width in pixels, at least <see cref="MinSide"/>.</param>
    /// <param name="height">Height in pixels, at least <see cref="MinSide"/>.</param>
    /// <param name="seed">The series.</param>
    /// <param name="index">The scene's number in its series; each can be made without the others.</param>
    /// <returns>Image and labels of width x height; labels are indices into <see cref="SceneClasses.All"/>.</returns>
    /// <exception cref="FcnSharpException">A side is too short.</exception>
    public static Sample Generate(int width, int height, long seed, long index)
    {
        CheckSize(width, height);
        SplitMix64 random = SplitMix64.For(seed, index);
        ScenePainter painter = new(width, height);
        OklabColor background = OklabColor.Random(ref random, random.Range(0.3f, 0.85f), random.Range(0.01f, 0.06f));
        OklabColor farSide = background with { L = background.L + random.Range(-0.12f, 0.12f) };
        painter.PaintBackground(ref random, background.ToLinear(), farSide.ToLinear());

        Lighting light = Lighting.Random(ref random);
        foreach ((float x, float y, float radius) in Places(ref random, width, height))
        {
            painter.Paint(new SceneObject(ref random, x, y, radius, background), light);
        }

        (RgbImage image, LabelMap labels) = painter.Expose(ref random);
        return new(image, labels, index.ToString("D4", CultureInfo.InvariantCulture));
    }

    /// <summary>Throws when a scene cannot have this size.</summary>
    internal static void CheckSize(int width, int height)
    {
        if (width < MinSide || height < MinSide)
        {
            throw new FcnSharpException($"A synthetic scene needs at least {MinSide}x{MinSide} pixels, found {width}x{height}; ask for a larger size.");
        }
    }

    /// <summary>Where objects go. They may overlap, but none hides another: each is the best of a few random places.</summary>
    private static List<(float X, float Y, float Radius)> Places(ref SplitMix64 random, int width, int height)
    {
        const int Tries = 12;
        int count = 3 + random.Below(4);
        List<(float X, float Y, float Radius)> places = new(count);
        for (int i = 0; i < count; i++)
        {
            float radius = Math.Min(width, height) * random.Range(0.16f, 0.27f);
            (float X, float Y, float Radius) best = default;
            float bestGap = float.NegativeInfinity;
            for (int t = 0; t < Tries && bestGap < 0.85f; t++)
            {
                float x = random.Range(0.75f * radius, width - (0.75f * radius));
                float y = random.Range(0.75f * radius, height - (0.75f * radius));
                float gap = Gap(places, x, y, radius);
                if (gap > bestGap)
                {
                    (best, bestGap) = ((x, y, radius), gap);
                }
            }

            places.Add(best);
        }

        return places;
    }

    /// <summary>The distance to the nearest object, as a fraction of the distance at which the two would just touch.</summary>
    private static float Gap(List<(float X, float Y, float Radius)> places, float x, float y, float radius)
    {
        float gap = float.PositiveInfinity;
        foreach ((float otherX, float otherY, float otherRadius) in places)
        {
            (float dx, float dy) = (x - otherX, y - otherY);
            gap = MathF.Min(gap, MathF.Sqrt((dx * dx) + (dy * dy)) / (radius + otherRadius));
        }

        return gap;
    }
}
