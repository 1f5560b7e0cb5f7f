namespace FcnSharp.Inference.Tiling;

/// <summary>Pixels of one axis, from <paramref name="Start"/> to before <paramref name="End"/>; empty where the end is not behind the start.</summary>
/// <param name="Start">The first pixel.</param>
/// <param name="End">The first behind the last.</param>
public readonly record struct PixelInterval(int Start, int End)
{
    /// <summary>How many pixels there are.</summary>
    public int Length => Math.Max(0, End - Start);

    /// <summary>The interval further to the end.</summary>
    internal PixelInterval Shifted(int by) => new(Start + by, End + by);

    /// <summary>What lies inside of an axis of some length.</summary>
    internal PixelInterval Within(int length) => new(Math.Max(Start, 0), Math.Min(End, length));

    /// <summary>From the first pixel of both to the last of both; an empty interval adds nothing.</summary>
    internal PixelInterval Hull(PixelInterval other) =>
        Length == 0 ? other : other.Length == 0 ? this : new(Math.Min(Start, other.Start), Math.Max(End, other.End));
}
