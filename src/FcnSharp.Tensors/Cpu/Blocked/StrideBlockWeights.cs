using System.Runtime.Intrinsics;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weights [C_in, C_out / groups, k, k] as <see cref="StrideBlocks"/> reads them: [pair of vectors][tap row][tap column][C_in / groups][two vectors]. What
/// lies outside of the kernel is 0.
/// </summary>
internal sealed unsafe class StrideBlockWeights(BlockedKernels kernels, Shape weight, int groups, int stride, (int Channel, int Y, int X)[] places) : IWeightPacking, IParallelJob
{
    private readonly int _lanes = kernels.Lanes;
    private readonly int _kernel = weight.H;
    private readonly int _taps = (weight.H + stride - 1) / stride;
    private readonly int _groupOutputs = weight.C;
    private readonly int _groupInputs = weight.N / groups;
    private readonly int _segment = Math.Min(stride, kernels.Lanes);
    private readonly int _pairs = (places.Length + 1) / 2;
    private float* _source;
    private float* _target;

    public string Key => FormattableString.Invariant($"blocks of {stride}, {groups} groups");

    public long Elements => GroupElements;

    public nint GroupElements => checked(_pairs * OutputBlockElements);

    public nint OutputBlockElements => checked((nint)_taps * _taps * _groupInputs * 2 * _lanes);

    public void Pack(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, _pairs);
    }

    public void Run(int item, int worker) => PackOutputBlock(_source, 0, item, _target + item * OutputBlockElements);

    public void PackOutputBlock(float* source, int group, int outputBlock, float* target)
    {
        new Span<float>(target, checked((int)OutputBlockElements)).Clear();
        for (int half = 0; half < 2 && outputBlock * 2 + half < places.Length; half++)
        {
            PackVector(source, outputBlock * 2 + half, target + half * _lanes);
        }
    }

    private void PackVector(float* source, int vector, float* target)
    {
        (int channel, int firstY, int firstX) = places[vector];
        nint taps = (nint)_kernel * _kernel;
        float* weights = source + ((nint)(channel / _groupOutputs) * _groupInputs * _groupOutputs + channel % _groupOutputs) * taps;
        for (int tap = 0; tap < _taps * _taps; tap++)
        {
            int kx = firstX + tap % _taps * stride;
            int columns = Math.Clamp(_kernel - kx, 0, _segment);
            for (int c = 0; c < _groupInputs; c++, target += 2 * _lanes)
            {
                int ky = firstY + tap / _taps * stride;
                float* from = weights + c * _groupOutputs * taps + (nint)ky * _kernel + kx;
                for (int at = 0; at < _lanes && ky < _kernel; at += _segment, ky++, from += _kernel)
                {
                    CopyRow(from, target + at, columns);
                }
            }
        }
    }

    private static void CopyRow(float* from, float* to, int columns)
    {
        if (columns == Vector256<float>.Count)
        {
            Vector256.Load(from).Store(to);
            return;
        }

        for (int i = 0; i < columns; i++)
        {
            to[i] = from[i];
        }
    }
}
