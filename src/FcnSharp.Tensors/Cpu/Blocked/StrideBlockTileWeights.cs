namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weights of <see cref="StrideBlocks"/>, of 2 x 2 taps, at the points of F(3x3,2x2): [pair of vectors][point][C_in / groups][two vectors].
/// </summary>
internal sealed unsafe class StrideBlockTileWeights(WorkerPool workers, StrideBlockWeights taps, nint tapElements) : IWeightPacking, IParallelJob
{
    private readonly nint _tapElements = tapElements;
    private float* _source;
    private float* _target;

    public string Key => $"tiles of {taps.Key}";

    public long Elements => GroupElements;

    public nint GroupElements => taps.GroupElements / taps.OutputBlockElements * OutputBlockElements;

    public nint OutputBlockElements => StrideBlockTiles.Points * _tapElements;

    public void Pack(WorkerPool pool, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, checked((int)(GroupElements / OutputBlockElements)));
    }

    public void Run(int item, int worker) => PackOutputBlock(_source, 0, item, _target + item * OutputBlockElements);

    public void PackOutputBlock(float* source, int group, int outputBlock, float* target)
    {
        float[] block = new float[taps.OutputBlockElements];
        fixed (float* w = block)
        {
            taps.PackOutputBlock(source, group, outputBlock, w);
            for (nint i = 0; i < _tapElements; i++)
            {
                // Tap 1 sees the pixel before that of tap 0, so it is the filter's first coefficient.
                (float g11, float g10, float g01, float g00) = (w[i], w[_tapElements + i], w[2 * _tapElements + i], w[3 * _tapElements + i]);
                Spread(g00, g01, g10, g11, target + i);
            }
        }
    }

    /// <summary>A filter of 2 x 2 coefficients at the points 0, 1, -1 and infinity of both axes.</summary>
    private void Spread(float g00, float g01, float g10, float g11, float* target)
    {
        Span<float> rows = [g00, g01, 0.5f * (g00 + g10), 0.5f * (g01 + g11), 0.5f * (g00 - g10), 0.5f * (g01 - g11), g10, g11];
        for (int row = 0; row < 4; row++)
        {
            (float first, float second) = (rows[2 * row], rows[2 * row + 1]);
            float* to = target + 4 * row * _tapElements;
            to[0] = first;
            to[_tapElements] = 0.5f * (first + second);
            to[2 * _tapElements] = 0.5f * (first - second);
            to[3 * _tapElements] = second;
        }
    }
}
