namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Where a worker of a <see cref="BlockedConvolution"/> has its scratch memory.</summary>
internal unsafe struct BlockedScratch
{
    /// <summary>A strip of input tiles.</summary>
    public float* Strip;

    /// <summary>A strip of output tiles.</summary>
    public float* OutputStrip;

    /// <summary>Half of a transform back.</summary>
    public float* Back;

    /// <summary>Sums at the points.</summary>
    public float* Products;

    /// <summary>Transformed tiles of its own.</summary>
    public float* Points;

    /// <summary>Weights that it packs itself.</summary>
    public float* Weights;
}
