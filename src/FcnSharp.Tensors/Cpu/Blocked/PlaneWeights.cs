namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weights of a 1x1 convolution as <see cref="PlaneConvolution"/> reads them: [group][tile of outputs][input][outputs side by side]. Places of a tile
/// without an output are 0, or hold the next tile's first. So does <see cref="MatrixWeightGradient"/> read gradients, whose pixels take the place of inputs.
/// </summary>
internal sealed unsafe class PlaneWeights : IWeightPacking, IParallelJob
{
    /// <summary>Tiles that are packed together, so that what is read of an input's weights is more than a line of the cache.</summary>
    private const int TilesPerItem = 8;

    private readonly BlockedKernels _kernels;
    private readonly int _groups;
    private readonly bool _backward;
    private readonly int _lanes;
    private readonly int _outputs;
    private readonly int _inputs;
    private readonly int[] _sizes;
    private readonly int[] _firstOutputs;
    private float* _source;
    private float* _target;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="weight">Weights [C_out, C_in / groups, 1, 1] of the convolution.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="backward">Whether they serve the data gradient: outputs and inputs exchanged.</param>
    public PlaneWeights(BlockedKernels kernels, Shape weight, int groups, bool backward)
    {
        (_kernels, _groups, _backward, _lanes) = (kernels, groups, backward, kernels.Lanes);
        (_outputs, _inputs) = backward ? (weight.C, weight.N / groups) : (weight.N / groups, weight.C);
        _sizes = kernels.Split(_outputs);
        _firstOutputs = new int[_sizes.Length];
        for (int t = 1; t < _sizes.Length; t++)
        {
            _firstOutputs[t] = _firstOutputs[t - 1] + _sizes[t - 1];
        }

        Width = (kernels.LargestTile + _lanes - 1) / _lanes * _lanes;
    }

    public string Key => $"planes{(_backward ? " backward" : "")}";

    public long Elements => _groups * (long)GroupElements;

    public nint GroupElements => checked(_sizes.Length * OutputBlockElements);

    public nint OutputBlockElements => checked((nint)_inputs * Width);

    /// <summary>Outputs of each tile, together at least all there are.</summary>
    public IReadOnlyList<int> Sizes => _sizes;

    /// <summary>The first output of each tile.</summary>
    public IReadOnlyList<int> FirstOutputs => _firstOutputs;

    /// <summary>Floats from one input of a tile to the next: whole vectors, so that few lie on two lines of the cache.</summary>
    public int Width { get; }

    private int Parts => (_sizes.Length + TilesPerItem - 1) / TilesPerItem;

    public void Pack(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, checked(_groups * Parts));
    }

    public void Run(int item, int worker)
    {
        int group = item / Parts;
        int first = item % Parts * TilesPerItem;
        PackTiles(_source, group, first, Math.Min(TilesPerItem, _sizes.Length - first), _target + group * GroupElements + first * OutputBlockElements);
    }

    public void PackOutputBlock(float* source, int group, int outputBlock, float* target) => PackTiles(source, group, outputBlock, 1, target);

    private void PackTiles(float* source, int group, int first, int count, float* target)
    {
        float* weights = source + (nint)group * _outputs * _inputs;
        if (_backward)
        {
            for (int at = 0; at < Width; at += _lanes)
            {
                WeightWindows.Copy(_kernels, weights + at, _outputs - at, _outputs, _inputs, _firstOutputs.AsSpan(first, count), target + at, Width, OutputBlockElements);
            }

            return;
        }

        for (int t = 0; t < count; t++)
        {
            for (int at = 0; at < Width; at += _lanes)
            {
                int output = _firstOutputs[first + t] + at;
                Turn(weights + (nint)output * _inputs, Math.Clamp(_outputs - output, 0, _lanes), target + t * OutputBlockElements + at);
            }
        }
    }

    /// <summary>Turns rows of inputs into vectors of outputs, a square at a time; what is no whole square by itself.</summary>
    private void Turn(float* source, int count, float* target)
    {
        float* square = stackalloc float[_lanes * _lanes];
        new Span<float>(square, _lanes * _lanes).Clear();
        for (int input = 0; input < _inputs; input += _lanes)
        {
            int inputs = Math.Min(_lanes, _inputs - input);
            float* to = target + (nint)input * Width;
            if (count == _lanes && inputs == _lanes)
            {
                _kernels.Transpose(source + input, _inputs, to, Width);
                continue;
            }

            for (int output = 0; output < count; output++)
            {
                new ReadOnlySpan<float>(source + (nint)output * _inputs + input, inputs).CopyTo(new Span<float>(square + output * _lanes, inputs));
            }

            for (int i = 0; i < inputs * _lanes; i++)
            {
                to[i / _lanes * (nint)Width + i % _lanes] = square[i % _lanes * _lanes + i / _lanes];
            }
        }
    }
}
