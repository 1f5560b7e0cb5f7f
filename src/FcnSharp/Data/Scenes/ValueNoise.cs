using FcnSharp.Tensors;

namespace FcnSharp.Data.Scenes;

/// <summary>Smooth random textures: random values on a lattice, blended in between.</summary>
internal readonly struct ValueNoise(ulong seed)
{
    /// <summary>Noise in [0, 1] that varies over a distance of about 1, with a finer octave of half the strength on top.</summary>
    public float At(float x, float y) => (Octave(x, y, 0) + (0.5f * Octave(2 * x, 2 * y, 1))) / 1.5f;

    private float Octave(float x, float y, ulong octave)
    {
        float left = MathF.Floor(x);
        float top = MathF.Floor(y);
        float u = Smooth(x - left);
        float v = Smooth(y - top);
        (int i, int j) = ((int)left, (int)top);
        float upper = Lerp(Lattice(i, j, octave), Lattice(i + 1, j, octave), u);
        float lower = Lerp(Lattice(i, j + 1, octave), Lattice(i + 1, j + 1, octave), u);
        return Lerp(upper, lower, v);
    }

    private float Lattice(int i, int j, ulong octave) =>
        (CounterRandom.Mix(seed + octave + ((ulong)(uint)i << 32) + ((ulong)(uint)j << 8)) >> 40) * (1f / (1 << 24));

    private static float Smooth(float t) => t * t * (3 - (2 * t));

    private static float Lerp(float from, float to, float t) => from + (t * (to - from));
}
