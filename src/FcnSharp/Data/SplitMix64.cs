using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>
/// The positions of one <see cref="CounterRandom"/> stream, drawn one after the other: the generator SplitMix64 (Steele, Lea,
/// Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). System.Random promises no sequence across runtimes;
/// data and orders made from a seed here must never change.
/// </summary>
internal struct SplitMix64(ulong key)
{
    private ulong _position;

    /// <summary>A generator for one item of a numbered series, independent of the series' other generators.</summary>
    public static SplitMix64 For(long seed, long index) => new(CounterRandom.Key(unchecked((ulong)seed), unchecked((ulong)index)));

    /// <summary>The next 64 random bits.</summary>
    public ulong Next() => CounterRandom.BitsAt(key, ++_position);

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
