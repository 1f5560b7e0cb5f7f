namespace FcnSharp.Tensors;

/// <summary>
/// Random numbers that are a function of a seed, a stream and a position: no state, so any element can be drawn by any
/// thread in any order, and a run can be resumed from its step number alone. The mixing is SplitMix64's finaliser.
/// </summary>
public static class CounterRandom
{
    /// <summary>From a position to the next, before the mixing.</summary>
    internal const ulong Step = 0x9E3779B97F4A7C15UL;

    internal const ulong FirstFactor = 0xBF58476D1CE4E5B9UL;

    internal const ulong SecondFactor = 0x94D049BB133111EBUL;

    /// <summary>64 random bits.</summary>
    public static ulong Bits(ulong seed, ulong stream, ulong position) =>
        Mix(Mix(Mix(seed + Step) ^ stream) + position * Step);

    /// <summary>The key of one stream, for loops that draw many positions with <see cref="BitsAt"/>.</summary>
    public static ulong Key(ulong seed, ulong stream) => Mix(Mix(seed + Step) ^ stream);

    /// <summary>64 random bits of a stream: equals <see cref="Bits"/> for the key's seed and stream.</summary>
    public static ulong BitsAt(ulong key, ulong position) => Mix(key + position * Step);

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public static double Uniform(ulong seed, ulong stream, ulong position) =>
        (Bits(seed, stream, position) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number of the standard normal distribution (Box-Muller; positions 2i and 2i+1 share a pair).</summary>
    public static double Normal(ulong seed, ulong stream, ulong position)
    {
        ulong pair = position & ~1UL;
        double u = 1.0 - Uniform(seed, stream, pair);
        double angle = 2.0 * Math.PI * Uniform(seed, stream, pair + 1);
        double radius = Math.Sqrt(-2.0 * Math.Log(u));
        return radius * ((position & 1) == 0 ? Math.Cos(angle) : Math.Sin(angle));
    }

    /// <summary>A stream number from a name (FNV-1a): what is drawn for one layer does not depend on the others.</summary>
    public static ulong StreamOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ulong hash = 0xCBF29CE484222325UL;
        foreach (char c in name)
        {
            hash = (hash ^ c) * 0x100000001B3UL;
        }

        return hash;
    }

    /// <summary>Scrambles 64 bits, one to one (the output function of SplitMix64).</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * FirstFactor;
        z = (z ^ (z >> 27)) * SecondFactor;
        return z ^ (z >> 31);
    }
}
