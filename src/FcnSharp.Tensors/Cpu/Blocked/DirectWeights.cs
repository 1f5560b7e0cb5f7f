using System.Runtime.Intrinsics.X86;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weights as <see cref="DirectConvolution"/> reads them:
/// [group][block of two vectors of outputs][phase][block of inputs][tap of the phase][input][two vectors of outputs]. Lanes without a channel are 0.
/// </summary>
internal sealed unsafe class DirectWeights : IWeightPacking, IParallelJob
{
    private const int RowsAhead = 4;

    private readonly BlockedKernels _kernels;
    private readonly ConvolutionPhase[] _phases;
    private readonly Shape _weight;
    private readonly int _groups;
    private readonly bool _backward;
    private readonly int _taps;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _inputBlocks;
    private readonly int _outputBlocks;
    private readonly PointwiseWeights? _pixels;
    private float* _source;
    private float* _target;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="phases">Which taps are used where.</param>
    /// <param name="weight">Weights [C_out, C_in / groups, kH, kW] of the convolution.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="backward">Whether they serve the data gradient: outputs and inputs exchanged.</param>
    public DirectWeights(BlockedKernels kernels, ConvolutionPhase[] phases, Shape weight, int groups, bool backward)
    {
        (_kernels, _phases, _weight, _groups, _backward) = (kernels, phases, weight, groups, backward);
        _taps = weight.H * weight.W;
        _outputs = backward ? weight.C : weight.N / groups;
        _inputs = backward ? weight.N / groups : weight.C;
        _inputBlocks = (_inputs + kernels.Lanes - 1) / kernels.Lanes;
        _outputBlocks = (_outputs + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);

        // One phase has the only tap.
        _pixels = backward && _taps == 1 ? new PointwiseWeights(kernels, _inputs, _outputs) : null;
        OutputBlockElements = (nint)phases.Sum(p => (long)PhaseElements(p));
    }

    public string Key => $"direct{(_backward ? " backward" : "")} {string.Join(' ', _phases.Select(p => string.Join(',', p.Taps.Select(t => t.KernelIndex))))}";

    public long Elements => (long)_groups * GroupElements;

    public nint GroupElements => _outputBlocks * OutputBlockElements;

    public nint OutputBlockElements { get; }

    /// <summary>Floats of one tap of one block of inputs.</summary>
    public int TapElements => 2 * _kernels.Lanes * _kernels.Lanes;

    /// <summary>Floats of one phase in a block of outputs.</summary>
    public nint PhaseElements(ConvolutionPhase phase) => (nint)_inputBlocks * phase.Taps.Length * TapElements;

    public void Pack(WorkerPool workers, float* source, float* target)
    {
        _source = source;
        _target = target;
        workers.Run(this, checked(_groups * _outputBlocks * _inputBlocks));
    }

    public void Run(int item, int worker)
    {
        int inputBlock = item % _inputBlocks;
        int outputBlock = item / _inputBlocks % _outputBlocks;
        int group = item / _inputBlocks / _outputBlocks;
        PackSquare(_source, group, outputBlock, inputBlock, _target + group * GroupElements + outputBlock * OutputBlockElements);
    }

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
        float* first = source + (nint)group * (_weight.N / _groups) * _weight.C * _taps;
        int firstInput = inputBlock * lanes;
        int inputs = Math.Min(lanes, _inputs - firstInput);

        // [input][tap] vectors of outputs, and the rest of the last square.
        float* turned = stackalloc float[(lanes * _taps + lanes) * lanes];
        for (int half = 0; half < 2; half++)
        {
            int firstOutput = outputBlock * 2 * lanes + half * lanes;
            int outputs = Math.Clamp(_outputs - firstOutput, 0, lanes);
            nint row = (nint)_weight.C * _taps;
            if (outputs == 0)
            {
                new Span<float>(turned, inputs * _taps * lanes).Clear();
            }
            else if (_backward)
            {
                for (int i = 0; i < inputs; i++)
                {
                    AskFor(first + (firstInput + i + RowsAhead) * row + firstOutput * (nint)_taps, lanes * _taps);
                    Turn(first + (firstInput + i) * row + firstOutput * (nint)_taps, _taps, outputs, _taps, turned + i * _taps * lanes);
                }
            }
            else
            {
                Turn(first + firstOutput * row + firstInput * (nint)_taps, row, outputs, inputs * _taps, turned);
            }

            new Span<float>(turned + inputs * _taps * lanes, (lanes - inputs) * _taps * lanes).Clear();
            float* to = target + half * lanes;
            foreach (ConvolutionPhase phase in _phases)
            {
                for (int tap = 0; tap < phase.Taps.Length; tap++)
                {
                    float* pair = to + ((nint)inputBlock * phase.Taps.Length + tap) * TapElements;
                    _kernels.CopyVectors(turned + phase.Taps[tap].KernelIndex * lanes, _taps * lanes, lanes, pair, 2 * lanes);
                }

                to += PhaseElements(phase);
            }
        }
    }

    /// <summary>Rows of weights lie too far apart for the processor to foresee the next.</summary>
    private static void AskFor(float* from, int count)
    {
        for (int i = 0; i < count && Sse.IsSupported; i += CacheShape.LineFloats)
        {
            Sse.Prefetch0(from + i);
        }
    }

    /// <summary>target[column][row] = source[row][column], one vector of rows; those past the last are 0. Writes whole squares, but of a single last column of whole vectors that alone.</summary>
    private void Turn(float* source, nint stride, int rows, int columns, float* target)
    {
        int lanes = _kernels.Lanes;
        if (rows == lanes)
        {
            _kernels.TransposeColumns(source, stride, columns, target, lanes);
            return;
        }

        float* square = stackalloc float[lanes * lanes];
        for (int column = 0; column < columns; column += lanes)
        {
            new Span<float>(square, lanes * lanes).Clear();
            _kernels.CopyVectors(source + column, stride, rows, square, lanes);
            _kernels.Transpose(square, lanes, target + column * lanes, lanes);
        }
    }
}
