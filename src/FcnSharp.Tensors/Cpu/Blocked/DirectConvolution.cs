using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Convolution of any kernel, stride and dilation, forward and data gradient, as sums of products on vectors of channels. The
/// input is copied once to planes of positions with zeros around the images, so that what a tap sees of consecutive outputs is
/// a run of vectors at the tap's shift; a tile of outputs stays in registers while the taps and blocks of channels pass.
/// One item is a run of positions by some blocks of outputs. Every output is summed over channels and taps in one order, so
/// neither the division into items nor the threads change a bit.
/// The data gradient of a stride falls into phases, each with its own taps; those of one row of outputs belong to one item,
/// which interleaves them.
/// </summary>
internal sealed unsafe class DirectConvolution : IKernel, IParallelJob, IPacksParameter
{
    /// <summary>Taps of blocks of inputs multiplied at a time, so that their weights stay in the nearest cache.</summary>
    private const int DepthTaps = 16;

    /// <summary>Bytes of the input that a worker keeps in its own cache.</summary>
    private const long InputBytes = 384 << 10;

    /// <summary>Bytes of weights that a worker keeps in its own cache.</summary>
    private const long WeightBytes = 640 << 10;

    /// <summary>Positions whose products, of two vectors of outputs, are still near.</summary>
    private const int MostPositions = 448;

    /// <summary>Positions that outweigh the way of the weights to the nearest cache.</summary>
    private const int LeastPositions = 56;

    /// <summary>Items below which blocks are made smaller, so that small maps keep several cores busy, too.</summary>
    private const int ItemsWanted = 16;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ConvolutionPhase[] _phases;
    private readonly ProgramValue _input;
    private readonly ProgramValue? _bias;
    private readonly ProgramValue _output;
    private readonly bool _relu;
    private readonly int _groups;
    private readonly int _outputs;
    private readonly int _inputBlocks;
    private readonly int _outputBlocks;
    private readonly PlaneLayout _layout;
    private readonly ChannelPlanes _planes;
    private readonly DirectWeights _packing;
    private readonly WeightSource _weights;
    private readonly nint[][] _tables;
    private readonly int _columnPhases;
    private readonly int _rowPhases;
    private readonly long _positions;
    private readonly int _positionsPerBlock;
    private readonly int _positionBlocks;
    private readonly int _outputBlocksPerItem;
    private readonly int _outputParts;
    private readonly int[][] _splits;
    private readonly nint _panel;
    private readonly float[] _paddedBias;

    private float* _inputData;
    private float* _outputData;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="phases">The taps of each output, row by row of phases.</param>
    /// <param name="input">What is convolved [N, C, H, W].</param>
    /// <param name="weight">Weights [C_out, C_in / groups, kH, kW] of the convolution, also for its data gradient.</param>
    /// <param name="bias">One number an output channel, or none.</param>
    /// <param name="output">The result.</param>
    /// <param name="options">Groups, direction, ReLU; the padding is in the phases.</param>
    /// <param name="anyMap">Whether the choice of this algorithm does not depend on the map, so that constant weights need no other layout.</param>
    public DirectConvolution(WorkerPool workers, BlockedKernels kernels, ConvolutionPhase[] phases, ProgramValue input, ProgramValue weight, ProgramValue? bias, ProgramValue output, BlockedOptions options, bool anyMap)
    {
        (_workers, _kernels, _phases, _input, _bias, _output) = (workers, kernels, phases, input, bias, output);
        (_groups, _relu) = (options.Groups, options.Relu);
        int lanes = kernels.Lanes;
        int channels = input.Shape.C / _groups;
        _outputs = output.Shape.C / _groups;
        _inputBlocks = (channels + lanes - 1) / lanes;
        _outputBlocks = (_outputs + 2 * lanes - 1) / (2 * lanes);
        _layout = new PlaneLayout(input.Shape, phases, overread: kernels.LargestTile, allowDense: false);
        _planes = new ChannelPlanes(workers, kernels, input.Shape, _groups, _layout, unitVectors: 1);
        _packing = new DirectWeights(kernels, phases, weight.Shape, _groups, options.Backward);
        _tables = [.. phases.Select(Table)];
        _columnPhases = phases.Count(p => p.OutputOffsetY == phases[0].OutputOffsetY);
        _rowPhases = phases.Length / _columnPhases;
        _positions = phases.Max(_layout.Positions);

        int tile = kernels.LargestTile;
        long bytesPerPosition = (long)_layout.Phases.Count * _inputBlocks * lanes * sizeof(float);
        long wanted = Math.Clamp(InputBytes / Math.Max(1, bytesPerPosition), LeastPositions, MostPositions);
        _outputBlocksPerItem = (int)Math.Clamp(WeightBytes / Math.Max(1, _packing.OutputBlockElements * sizeof(float)), 1, _outputBlocks);
        while (ItemsOf(wanted) < ItemsWanted && _outputBlocksPerItem > 1)
        {
            _outputBlocksPerItem = (_outputBlocksPerItem + 1) / 2;
        }

        while (ItemsOf(wanted) < ItemsWanted && wanted > LeastPositions)
        {
            wanted = Math.Max(LeastPositions, wanted / 2);
        }

        long blocks = (_positions + wanted - 1) / wanted;
        _positionsPerBlock = (int)(((_positions + blocks - 1) / blocks + tile - 1) / tile * tile);
        _positionBlocks = checked((int)((_positions + _positionsPerBlock - 1) / _positionsPerBlock));
        _outputParts = (_outputBlocks + _outputBlocksPerItem - 1) / _outputBlocksPerItem;
        _splits = [kernels.Split(_positionsPerBlock), kernels.Split((int)(_positions - (_positionBlocks - 1L) * _positionsPerBlock))];
        _panel = (Math.Max(_splits[0].Sum(), _splits[1].Sum()) | 1) * (nint)lanes;
        _weights = new WeightSource(workers, weight, _packing, options.ConstantWeights, usedOnce: _positionBlocks * Enumerable.Range(0, _rowPhases).Count(row => EmptyColumns(row) < _columnPhases) == 1, anyMap);
        _paddedBias = GC.AllocateArray<float>(_groups * _outputBlocks * 2 * lanes, pinned: true);
    }

    public long WorkspaceBytes => _weights.WorkspaceBytes + _planes.Bytes + WorkerBytes * _workers.Threads;

    public ProgramValue? PackedParameter => _weights.PackedParameter;

    // Whole squares are read past the last position.
    private long ProductBytes => NativeBuffer.Align((_columnPhases * 2 * _panel + _kernels.Lanes * _kernels.Lanes) * sizeof(float));

    private long StripBytes => _columnPhases == 1 ? 0 : NativeBuffer.Align(((long)_positionsPerBlock * _columnPhases + _kernels.Lanes) * _kernels.Lanes * sizeof(float));

    private long OwnWeightBytes => _weights.IsPackedByUser ? NativeBuffer.Align(_packing.OutputBlockElements * sizeof(float)) : 0;

    private long WorkerBytes => ProductBytes + StripBytes + OwnWeightBytes;

    public void Execute(KernelFrame frame)
    {
        _weights.Prepare(frame);
        byte* memory = frame.Workspace + _weights.WorkspaceBytes;
        _inputData = (float*)memory;
        _planes.Run(frame.Float(_input), _inputData);
        _scratch = memory + _planes.Bytes;
        _outputData = frame.Float(_output);
        if (_bias is not null)
        {
            for (int group = 0; group < _groups; group++)
            {
                new ReadOnlySpan<float>(frame.Float(_bias) + group * _outputs, _outputs).CopyTo(_paddedBias.AsSpan(group * _outputBlocks * 2 * _kernels.Lanes));
            }
        }

        _workers.Run(this, checked(_groups * _outputParts * _rowPhases * _positionBlocks));
    }

    public void Run(int item, int worker)
    {
        int block = item % _positionBlocks;
        int rowPhase = item / _positionBlocks % _rowPhases;
        int part = item / _positionBlocks / _rowPhases % _outputParts;
        int group = item / _positionBlocks / _rowPhases / _outputParts;
        float* products = (float*)(_scratch + worker * WorkerBytes);
        float* strip = (float*)((byte*)products + ProductBytes);
        float* ownWeights = (float*)((byte*)strip + StripBytes);
        int last = Math.Min(_outputBlocks, (part + 1) * _outputBlocksPerItem);
        int empty = EmptyColumns(rowPhase);
        if (empty == _columnPhases)
        {
            int lanes = _kernels.Lanes;
            for (int channel = part * _outputBlocksPerItem * 2 * lanes; channel < Math.Min(_outputs, last * 2 * lanes); channel++)
            {
                ClearRows(group, rowPhase, block, channel);
            }

            return;
        }

        if (empty > 0)
        {
            // Columns between those that taps reach stay as they are now.
            new Span<float>(strip, checked((int)(StripBytes / sizeof(float)))).Clear();
        }

        for (int outputBlock = part * _outputBlocksPerItem; outputBlock < last; outputBlock++)
        {
            float* weights = _weights.Block(group, outputBlock, ownWeights);
            for (int phase = 0; phase < rowPhase * _columnPhases; phase++)
            {
                weights += _packing.PhaseElements(_phases[phase]);
            }

            for (int column = 0; column < _columnPhases; column++)
            {
                int phase = rowPhase * _columnPhases + column;
                if (!IsEmpty(phase))
                {
                    Multiply(group, phase, block, weights, products + column * 2 * _panel);
                }

                weights += _packing.PhaseElements(_phases[phase]);
            }

            for (int half = 0; half < 2; half++)
            {
                int channel = (outputBlock * 2 + half) * _kernels.Lanes;
                if (channel < _outputs)
                {
                    Store(group, rowPhase, block, channel, products + half * _panel, strip);
                }
            }
        }
    }

    /// <summary>Whether no tap reaches a phase of a data gradient's stride: its outputs are 0, as there is no bias, and want no weights.</summary>
    private bool IsEmpty(int phase) => _phases[phase].Taps.Length == 0;

    private int EmptyColumns(int rowPhase)
    {
        int empty = 0;
        for (int column = 0; column < _columnPhases; column++)
        {
            empty += IsEmpty(rowPhase * _columnPhases + column) ? 1 : 0;
        }

        return empty;
    }

    private int PositionsOf(int block) => (int)Math.Min(_positionsPerBlock, _positions - (long)block * _positionsPerBlock);

    private long ItemsOf(long positionsPerBlock) =>
        _groups * _rowPhases * ((_positions + positionsPerBlock - 1) / positionsPerBlock) * ((_outputBlocks + _outputBlocksPerItem - 1) / _outputBlocksPerItem);

    /// <summary>Where what each tap sees of each block of inputs lies, from the group's first position; the last twice, for what is asked for ahead.</summary>
    private nint[] Table(ConvolutionPhase phase)
    {
        int taps = phase.Taps.Length;
        nint[] table = GC.AllocateArray<nint>(_inputBlocks * taps + 1, pinned: true);
        for (int i = 0; i < _inputBlocks * taps; i++)
        {
            table[i] = i / taps * _planes.UnitElements + (nint)_layout.TapOffset(phase.Taps[i % taps]) * _planes.PositionElements;
        }

        table[^1] = table.Length > 1 ? table[^2] : 0;
        return table;
    }

    /// <summary>The products of one phase and two vectors of outputs at a block of positions.</summary>
    private void Multiply(int group, int phase, int block, float* weights, float* products)
    {
        int lanes = _kernels.Lanes;
        nint[] entries = _tables[phase];
        var table = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(entries));
        int[] split = _splits[block == _positionBlocks - 1 ? 1 : 0];
        float* input = _inputData + group * _planes.GroupElements + (nint)block * _positionsPerBlock * lanes;
        for (int first = 0; first < entries.Length - 1; first += DepthTaps)
        {
            int depth = Math.Min(DepthTaps, entries.Length - 1 - first);
            nint row = 0;
            foreach (int rows in split)
            {
                _kernels.TapRows[rows](depth, lanes, input + row, (nint)(table + first), 1, weights, products + row, _panel, first > 0);
                row += rows * lanes;
            }

            weights += (nint)depth * _packing.TapElements;
        }
    }

    /// <summary>Writes one vector of outputs at a block of positions to the output's planes.</summary>
    private void Store(int group, int rowPhase, int block, int channel, float* products, float* strip)
    {
        int lanes = _kernels.Lanes;
        Shape shape = _output.Shape;
        nint plane = (nint)shape.H * shape.W;
        int channels = Math.Min(lanes, _outputs - channel);
        int count = PositionsOf(block);
        long first = (long)block * _positionsPerBlock;
        if (_bias is not null || _relu)
        {
            float* bias = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_paddedBias)) + group * _outputBlocks * 2 * lanes + channel;
            for (int column = 0; column < _columnPhases; column++)
            {
                _kernels.Finish(products + column * 2 * _panel, count, bias, _relu ? 0 : float.NegativeInfinity);
            }
        }

        ConvolutionPhase phase = _phases[rowPhase * _columnPhases];
        for (int position = 0; position < count;)
        {
            long line = (first + position) / _layout.Pitch;
            int x = (int)((first + position) % _layout.Pitch);
            int n = (int)(line / _layout.RowsPerImage);
            int y = (int)(line % _layout.RowsPerImage);
            int length = Math.Min(_layout.Pitch - x, count - position);
            int filled = Math.Min(phase.GridWidth - x, length);
            if (y < phase.GridHeight && filled > 0)
            {
                float* source = products + position * lanes;
                int columns = filled;
                if (_columnPhases > 1)
                {
                    columns = (int)Math.Min((long)filled * phase.OutputStepX, shape.W - (long)x * phase.OutputStepX);
                    for (int column = 0; column < _columnPhases; column++)
                    {
                        if (!IsEmpty(rowPhase * _columnPhases + column))
                        {
                            _kernels.CopyVectors(source + column * 2 * _panel, lanes, filled, strip + column * lanes, _columnPhases * lanes);
                        }
                    }

                    source = strip;
                }

                float* target = _outputData + ((nint)n * shape.C + group * _outputs + channel) * plane + ((nint)y * phase.OutputStepY + phase.OutputOffsetY) * shape.W + (nint)x * phase.OutputStepX;
                _kernels.ToPlanes(source, columns, channels, target, plane);
            }

            position += length;
        }
    }

    /// <summary>Outputs of a stride that no tap reaches.</summary>
    private void ClearRows(int group, int rowPhase, int block, int channel)
    {
        Shape shape = _output.Shape;
        nint plane = (nint)shape.H * shape.W;
        ConvolutionPhase phase = _phases[rowPhase * _columnPhases];
        long first = (long)block * _positionsPerBlock;
        long end = first + PositionsOf(block);

        // A row belongs to the block in which it begins.
        for (long line = (first + _layout.Pitch - 1) / _layout.Pitch; line * _layout.Pitch < end; line++)
        {
            int n = (int)(line / _layout.RowsPerImage);
            int y = (int)(line % _layout.RowsPerImage);
            if (y < phase.GridHeight && n < shape.N)
            {
                float* row = _outputData + ((nint)n * shape.C + group * _outputs + channel) * plane + ((nint)y * phase.OutputStepY + phase.OutputOffsetY) * shape.W;
                new Span<float>(row, shape.W).Clear();
            }
        }
    }
}
