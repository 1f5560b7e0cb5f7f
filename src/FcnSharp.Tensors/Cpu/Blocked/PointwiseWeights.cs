namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Weights of a 1x1 kernel's data gradient: [group][input][output], so that vectors of outputs lie side by side already.</summary>
/// <param name="kernels">The instruction set.</param>
/// <param name="inputs">Inputs of a group: outputs of the convolution.</param>
/// <param name="outputs">Outputs of a group.</param>
internal sealed unsafe class PointwiseWeights(BlockedKernels kernels, int inputs, int outputs)
{
    /// <summary>Whether both vectors of a block of outputs are whole.</summary>
    public bool AreWhole(int outputBlock) => (outputBlock + 1) * 2 * kernels.Lanes <= outputs;

    /// <summary>Copies a block of outputs as [block of inputs][input][two vectors of outputs]; what has no input is 0.</summary>
    /// <param name="source">The group's weights.</param>
    /// <param name="outputBlock">A whole block.</param>
    /// <param name="firstBlock">The first block of inputs.</param>
    /// <param name="endBlock">Behind the last block of inputs.</param>
    /// <param name="target">Where block 0 of the inputs begins.</param>
    public void Copy(float* source, int outputBlock, int firstBlock, int endBlock, float* target)
    {
        int lanes = kernels.Lanes;
        int width = 2 * lanes;
        int* halves = stackalloc int[2] { 0, lanes };
        int first = firstBlock * lanes;
        int end = Math.Min(endBlock * lanes, inputs);
        kernels.CopyWindows(source + (nint)first * outputs + outputBlock * width, outputs, end - first, halves, 2, target + (nint)first * width, width, lanes);
        new Span<float>(target + (nint)end * width, (endBlock * lanes - end) * width).Clear();
    }
}
