namespace FcnSharp.Tensors.Operations;

/// <summary>The definition of the dropout mask, which every device has to draw alike.</summary>
internal static class DropoutMask
{
    /// <summary>The key of one layer's mask in one step.</summary>
    public static ulong Key(ulong seed, ulong step, ulong stream) => CounterRandom.Key(seed, CounterRandom.Bits(stream, 1, step));

    /// <summary>Whether an element is kept: 32 random bits compared with the ratio. Two elements share one draw.</summary>
    public static bool Keeps(ulong key, long index, float ratio)
    {
        ulong bits = CounterRandom.BitsAt(key, (ulong)index >> 1);
        return (uint)((index & 1) == 0 ? bits : bits >> 32) >= Threshold(ratio);
    }

    /// <summary>Elements whose 32 random bits are below it are dropped.</summary>
    public static uint Threshold(float ratio) => (uint)Math.Min(uint.MaxValue, ratio * 4294967296.0);

    /// <summary>Factor of the kept elements, which keeps the expected value.</summary>
    public static float Scale(float ratio) => 1 / (1 - ratio);
}
