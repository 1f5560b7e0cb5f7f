namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Weights of a 1x1 kernel's data gradient, [group][input][output], as pairs of vectors of outputs.</summary>
/// <param name="kernels">The instruction set.</param>
/// <param name="inputs">Inputs of a group: outputs of the convolution.</param>
/// <param name="outputs">Outputs of a group.</param>
internal sealed unsafe class PointwiseWeights(BlockedKernels kernels, int inputs, int outputs)
{
    /// <summary>Copies a block of outputs as [block of inputs][input][two vectors of outputs]; what has no input or output is 0.</summary>
    /// <param name="source">All weights.</param>
    /// <param name="group">The group of channels.</param>
    /// <param name="outputBlock">The block of outputs in the group.</param>
    /// <param name="firstBlock">The first block of inputs.</param>
    /// <param name="endBlock">Behind the last block of inputs.</param>
    /// <param name="target">Where block 0 of the inputs begins.</param>
    public void Copy(float* source, int group, int outputBlock, int firstBlock, int endBlock, float* target)
    {
        int lanes = kernels.Lanes;
        int width = 2 * lanes;
        int first = firstBlock * lanes;
        int end = Math.Min(endBlock * lanes, inputs);
        float* from = source + ((nint)group * inputs + first) * outputs + outputBlock * width;
        WeightWindows.Copy(kernels, from, outputs - outputBlock * width, outputs, end - first, [0, lanes], target + (nint)first * width, width, lanes);
        new Span<float>(target + (nint)end * width, (endBlock * lanes - end) * width).Clear();
    }
}
