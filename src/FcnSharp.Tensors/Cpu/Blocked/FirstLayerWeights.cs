namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Weights as <see cref="FirstLayerConvolution"/> reads them: [block of two vectors of outputs][tap][input][two vectors of outputs]. Lanes without a channel are 0.</summary>
internal sealed unsafe class FirstLayerWeights(BlockedKernels kernels, Shape weight) : IWeightPacking, IParallelJob
{
    private readonly int _outputBlocks = (weight.N + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
    private float* _source;
    private float* _target;

    public string Key => "first layer";

    public long Elements => GroupElements;

    public nint GroupElements => _outputBlocks * OutputBlockElements;

    public nint OutputBlockElements => (nint)weight.H * weight.W * weight.C * 2 * kernels.Lanes;

    public void Pack(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, _outputBlocks);
    }

    public void Run(int item, int worker) => PackOutputBlock(_source, 0, item, _target + item * OutputBlockElements);

    public void PackOutputBlock(float* source, int group, int outputBlock, float* target)
    {
        int taps = weight.H * weight.W;
        int wide = 2 * kernels.Lanes;
        for (int tap = 0; tap < taps; tap++)
        {
            for (int c = 0; c < weight.C; c++)
            {
                for (int lane = 0; lane < wide; lane++)
                {
                    int output = outputBlock * wide + lane;
                    *target++ = output < weight.N ? source[((nint)output * weight.C + c) * taps + tap] : 0;
                }
            }
        }
    }
}
