namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>A layout of weights that kernels read: blocks of outputs, one after the other, group by group.</summary>
internal unsafe interface IWeightPacking
{
    /// <summary>Names the layout: two packings of one tensor with the same key are the same.</summary>
    string Key { get; }

    /// <summary>Floats of the result.</summary>
    long Elements { get; }

    /// <summary>Floats between two groups.</summary>
    nint GroupElements { get; }

    /// <summary>Floats between two blocks of outputs.</summary>
    nint OutputBlockElements { get; }

    /// <summary>Packs all weights.</summary>
    void Pack(WorkerPool workers, float* source, float* target);

    /// <summary>Packs one block of outputs, for a kernel that uses it at once, to the start of the target.</summary>
    void PackOutputBlock(float* source, int group, int outputBlock, float* target);
}
