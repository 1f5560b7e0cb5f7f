namespace FcnSharp.Data.Scenes;

internal enum TextureKind
{
    Plain,
    Stripes,
    Checks,
    Noise,
}

/// <summary>Two colours and the pattern that mixes them over a surface.</summary>
internal sealed class Texture
{
    private readonly TextureKind _kind;
    private readonly LinearColor _first;
    private readonly LinearColor _second;
    private readonly float _period;
    private readonly ValueNoise _noise;

    /// <param name="random">Where kind, phase and period come from.</param>
    /// <param name="first">The main colour.</param>
    /// <param name="second">The pattern's colour.</param>
    /// <param name="unit">The length, in pixels, of which the pattern's period is a fraction.</param>
    public Texture(ref SplitMix64 random, LinearColor first, LinearColor second, float unit)
    {
        _kind = (TextureKind)random.Below(4);
        (_first, _second) = (first, second);
        _period = MathF.Max(3, unit * random.Range(0.35f, 0.65f));
        _noise = new(random.Next());
    }

    /// <summary>The colour at a point given in pixels in the surface's own frame.</summary>
    public LinearColor At(float x, float y)
    {
        float t = _kind switch
        {
            TextureKind.Plain => 0,
            TextureKind.Stripes => Wave(x),
            TextureKind.Checks => Exclusive(Wave(x), Wave(y)),
            _ => _noise.At(2 * x / _period, 2 * y / _period),
        };
        return LinearColor.Mix(_first, _second, t);
    }

    /// <summary>A square wave whose flanks are a pixel wide, so that the pattern does not alias.</summary>
    private float Wave(float x)
    {
        float phase = x / _period;
        float triangle = 2 * MathF.Abs(phase - MathF.Floor(phase) - 0.5f);
        return Math.Clamp(((triangle - 0.5f) * _period / 2) + 0.5f, 0f, 1f);
    }

    private static float Exclusive(float a, float b) => a + b - (2 * a * b);
}
