namespace FcnSharp.Data;

/// <summary>
/// The generator SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
/// System.Random promises no sequence across runtimes; data and orders made from a seed here must never change.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A generator for one item of a numbered series, independent of the series' other generators.</summary>
    public static SplitMix64 For(long seed, long index) => new(Mix(Mix(unchecked((ulong)seed) + GoldenGamma) ^ unchecked((ulong)index)));

    /// <summary>The output function: scrambles a counter into 64 random bits.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next() => Mix(_state += GoldenGamma);

    /// <summary>Uniform in [0, 1), a multiple of 2^-24.</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform between two numbers.</summary>
    public float Range(float min, float max) => min + ((max - min) * Unit());

    /// <summary>Uniform in 0 to count - 1; the bias is below count / 2^64.</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A direction, uniform on the unit circle; by rejection, as sine and cosine differ between platforms and a square root does not.</summary>
    public (float X, float Y) Direction()
    {
        while (true)
        {
            float x = Range(-1, 1);
            float y = Range(-1, 1);
            float squared = (x * x) + (y * y);
            if (squared is > 0.01f and <= 1)
            {
                float length = MathF.Sqrt(squared);
                return (x / length, y / length);
            }
        }
    }
}
