namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Kernels transformed to the points of a <see cref="WinogradScheme"/>, as the tile kernels read them:
/// [group][block of two vectors of outputs][point][block of inputs][input][two vectors of outputs]. Lanes without a channel are 0.
/// </summary>
internal sealed unsafe class WinogradWeights : IWeightPacking, IParallelJob
{
    private readonly BlockedKernels _kernels;
    private readonly WinogradScheme _scheme;
    private readonly WinogradTransforms? _transforms;
    private readonly Shape _weight;
    private readonly int _groups;
    private readonly bool _backward;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _inputBlocks;
    private readonly int _outputBlocks;
    private readonly PointwiseWeights? _pixels;
    private float* _source;
    private float* _target;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="scheme">The transform.</param>
    /// <param name="weight">Weights [C_out, C_in / groups, r, r] of the convolution.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="backward">Whether they serve the data gradient: turned by half a turn, outputs and inputs exchanged.</param>
    public WinogradWeights(BlockedKernels kernels, WinogradScheme scheme, Shape weight, int groups, bool backward)
    {
        (_kernels, _scheme, _weight, _groups, _backward) = (kernels, scheme, weight, groups, backward);
        _transforms = kernels.TransformsOf(scheme);
        _outputs = backward ? weight.C : weight.N / groups;
        _inputs = backward ? weight.N / groups : weight.C;
        _inputBlocks = (_inputs + kernels.Lanes - 1) / kernels.Lanes;
        _outputBlocks = (_outputs + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        nint point = _inputBlocks * 2 * (nint)kernels.Lanes * kernels.Lanes;
        PointElements = point + (scheme.PointCount > 1 && point % CacheShape.PageFloats == 0 ? CacheShape.LineFloats : 0);
        _pixels = backward && scheme.Kernel == 1 ? new PointwiseWeights(kernels, _inputs, _outputs) : null;
    }

    /// <summary>Names the layout: two packings of one tensor with the same key are the same.</summary>
    public string Key => $"{_scheme}{(_backward ? " backward" : "")}";

    /// <summary>Floats of the result.</summary>
    public long Elements => (long)_groups * GroupElements;

    /// <summary>Floats between two groups.</summary>
    public nint GroupElements => _outputBlocks * OutputBlockElements;

    /// <summary>Floats between two blocks of outputs.</summary>
    public nint OutputBlockElements => _scheme.PointCount * PointElements;

    /// <summary>Floats between two points. Points a multiple of a page apart would fall on the same places of the cache, where a kernel is written to all of them in turn.</summary>
    public nint PointElements { get; }

    public void Pack(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, _groups * _outputBlocks * _inputBlocks);
    }

    public void Run(int item, int worker)
    {
        int inputBlock = item % _inputBlocks;
        int outputBlock = item / _inputBlocks % _outputBlocks;
        int group = item / _inputBlocks / _outputBlocks;
        PackSquare(_source, group, outputBlock, inputBlock, _target + group * GroupElements + outputBlock * OutputBlockElements);
    }

    /// <summary>Packs one block of outputs, for a kernel that uses it at once, to the start of the target.</summary>
    public void PackOutputBlock(float* source, int group, int outputBlock, float* target)
    {
        if (_pixels is not null)
        {
            _pixels.Copy(source, group, outputBlock, 0, _inputBlocks, target);
            return;
        }

        for (int inputBlock = 0; inputBlock < _inputBlocks; inputBlock++)
        {
            PackSquare(source, group, outputBlock, inputBlock, target);
        }
    }

    private void PackSquare(float* source, int group, int outputBlock, int inputBlock, float* target)
    {
        if (_pixels is not null)
        {
            _pixels.Copy(source, group, outputBlock, inputBlock, inputBlock + 1, target);
            return;
        }

        int lanes = _kernels.Lanes;
        int taps = _scheme.Kernel * _scheme.Kernel;
        nint outputStride = _backward ? taps : (nint)_weight.C * taps;
        nint inputStride = _backward ? (nint)_weight.C * taps : taps;
        int tapVectors = (taps + lanes - 1) / lanes * lanes;
        float* square = stackalloc float[lanes * lanes];
        float* loaded = stackalloc float[tapVectors * lanes];
        float* scratch = stackalloc float[_scheme.Tile * _scheme.Kernel * lanes];

        // Turned by half a turn, the first tap comes last, and what fills up the last square lies before the kernel.
        float* firstTap = _backward ? loaded + (tapVectors - 1) * lanes : loaded;
        float* kernel = _backward ? loaded + (tapVectors - taps) * lanes : loaded;
        nint step = _backward ? -lanes : lanes;

        // As many streams as lanes are more than the processor foresees.
        int ahead = _backward ? 2 : 16;
        float* first = source + (nint)group * (_weight.N / _groups) * _weight.C * taps;
        for (int half = 0; half < 2; half++)
        {
            int firstOutput = outputBlock * 2 * lanes + half * lanes;
            int count = Math.Clamp(_outputs - firstOutput, 0, lanes);
            float* to = target + inputBlock * 2 * (nint)lanes * lanes + half * lanes;
            if (taps == 1 && !_backward && count == lanes && (inputBlock + 1) * lanes <= _inputs)
            {
                _kernels.Transpose(first + firstOutput * outputStride + inputBlock * lanes * inputStride, _weight.C, to, 2 * lanes);
                continue;
            }

            for (int i = 0; i < lanes; i++)
            {
                int input = inputBlock * lanes + i;
                if (count > 0 && input < _inputs)
                {
                    _kernels.PrefetchRows(first + firstOutput * outputStride + (input + ahead) * inputStride, outputStride, count, taps);
                    LoadKernels(first + firstOutput * outputStride + input * inputStride, outputStride, count, taps, firstTap, step, square);
                    Transform(kernel, to + i * 2 * lanes, scratch);
                    continue;
                }

                for (int point = 0; point < _scheme.PointCount; point++)
                {
                    new Span<float>(to + point * PointElements + i * 2 * lanes, lanes).Clear();
                }
            }
        }
    }

    private void Transform(float* kernel, float* target, float* scratch)
    {
        if (_transforms is null)
        {
            new ReadOnlySpan<float>(kernel, _kernels.Lanes).CopyTo(new Span<float>(target, _kernels.Lanes));
            return;
        }

        _transforms.Kernel(kernel, target, PointElements, scratch);
    }

    /// <summary>Reads one tap of all outputs into each vector, which are a step apart. Whole squares are written, but of a single last tap of all outputs that alone.</summary>
    private void LoadKernels(float* source, nint stride, int count, int taps, float* target, nint step, float* square)
    {
        int lanes = _kernels.Lanes;
        if (count == lanes)
        {
            _kernels.TransposeColumns(source, stride, taps, target, step);
            return;
        }

        for (int tap = 0; tap < taps; tap += lanes, target += lanes * step)
        {
            for (int o = 0; o < lanes; o++)
            {
                for (int t = 0; t < lanes; t++)
                {
                    square[o * lanes + t] = o < count && tap + t < taps ? source[o * stride + tap + t] : 0;
                }
            }

            _kernels.Transpose(square, lanes, target, step);
        }
    }
}
