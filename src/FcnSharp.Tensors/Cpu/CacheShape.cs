namespace FcnSharp.Tensors.Cpu;

/// <summary>What the caches of the processors that kernels are made for have in common.</summary>
internal static class CacheShape
{
    /// <summary>Floats of a line.</summary>
    public const int LineFloats = 16;

    /// <summary>Floats after which addresses fall on the same places of the nearest cache.</summary>
    public const int PageFloats = 1024;
}
