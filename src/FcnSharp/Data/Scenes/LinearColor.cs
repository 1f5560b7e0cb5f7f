namespace FcnSharp.Data.Scenes;

/// <summary>A colour in linear light, in which light adds and shadows multiply; 0 is black and 1 white.</summary>
internal readonly record struct LinearColor(float R, float G, float B)
{
    public static LinearColor operator *(LinearColor color, float factor) => new(color.R * factor, color.G * factor, color.B * factor);

    public static LinearColor Mix(LinearColor from, LinearColor to, float t) =>
        new(from.R + (t * (to.R - from.R)), from.G + (t * (to.G - from.G)), from.B + (t * (to.B - from.B)));
}

/// <summary>
/// A colour by lightness and two opponent axes in Oklab (Ottosson, A perceptual color space for image processing, 2020),
/// where equal distances look equally far apart.
/// </summary>
internal readonly record struct OklabColor(float L, float A, float B)
{
    /// <summary>A colour of random hue.</summary>
    public static OklabColor Random(ref SplitMix64 random, float lightness, float chroma)
    {
        (float x, float y) = random.Direction();
        return new(lightness, chroma * x, chroma * y);
    }

    public float DistanceTo(OklabColor other)
    {
        (float l, float a, float b) = (L - other.L, A - other.A, B - other.B);
        return MathF.Sqrt((l * l) + (a * a) + (b * b));
    }

    /// <summary>The colour as linear sRGB, cut to what a screen can show.</summary>
    public LinearColor ToLinear()
    {
        float l = Cube(L + (0.3963377774f * A) + (0.2158037573f * B));
        float m = Cube(L - (0.1055613458f * A) - (0.0638541728f * B));
        float s = Cube(L - (0.0894841775f * A) - (1.2914855480f * B));
        return new(
            Cut((4.0767416621f * l) - (3.3077115913f * m) + (0.2309699292f * s)),
            Cut((-1.2684380046f * l) + (2.6097574011f * m) - (0.3413193965f * s)),
            Cut((-0.0041960863f * l) - (0.7034186147f * m) + (1.7076147010f * s)));
    }

    private static float Cube(float x) => x * x * x;

    private static float Cut(float x) => Math.Clamp(x, 0f, 1f);
}
