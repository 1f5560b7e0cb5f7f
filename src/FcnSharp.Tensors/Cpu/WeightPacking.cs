namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Weights [coarse channels, fine channels / groups, taps] reordered for the way from coarse to fine: per phase and group a
/// matrix [fine channel][coarse channel x tap of the phase]. Each tap belongs to one phase, so it takes the weights' own size.
/// </summary>
internal sealed unsafe class WeightPacking : IParallelJob
{
    private readonly ConvolutionPhase[] _phases;
    private readonly int _groups;
    private readonly int _rows;
    private readonly int _channels;
    private readonly int _taps;
    private readonly nint[] _firstWeight;
    private float* _source;
    private float* _target;

    /// <param name="phases">The phases of the transposed convolution.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="rows">Fine (output) channels of a group.</param>
    /// <param name="channels">Coarse (input) channels of a group.</param>
    /// <param name="taps">Kernel height times width.</param>
    public WeightPacking(ConvolutionPhase[] phases, int groups, int rows, int channels, int taps)
    {
        (_phases, _groups, _rows, _channels, _taps) = (phases, groups, rows, channels, taps);
        _firstWeight = new nint[phases.Length];
        nint next = 0;
        for (int i = 0; i < phases.Length; i++)
        {
            _firstWeight[i] = next;
            next += (nint)phases[i].Taps.Length * groups * rows * channels;
        }
    }

    /// <summary>Offset of the matrix of one phase and group.</summary>
    public nint FirstWeight(int phase, int group) => _firstWeight[phase] + (nint)group * _rows * _channels * _phases[phase].Taps.Length;

    public void Run(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, _groups * _rows);
    }

    public void Run(int item, int worker)
    {
        int group = item / _rows;
        int row = item % _rows;
        for (int p = 0; p < _phases.Length; p++)
        {
            ConvolutionTap[] taps = _phases[p].Taps;
            float* target = _target + FirstWeight(p, group) + (nint)row * _channels * taps.Length;
            for (int c = 0; c < _channels; c++)
            {
                float* source = _source + ((nint)(group * _channels + c) * _rows + row) * _taps;
                foreach (ConvolutionTap tap in taps)
                {
                    *target++ = source[tap.KernelIndex];
                }
            }
        }
    }
}
