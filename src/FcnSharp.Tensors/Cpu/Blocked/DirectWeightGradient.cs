using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weight gradient of a convolution of any kernel, stride and dilation on vectors of channels: for each tap the matrix product
/// over all positions of what the tap sees, input channels side by side, and the output's gradient. Both are copied once to
/// planes of the same positions (<see cref="PlaneLayout"/>); positions that are no output are zero in the gradient.
/// One item is a unit of input channels by two vectors of outputs over a part of the positions. The parts depend on the shapes
/// only and are added in order, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class DirectWeightGradient : IKernel, IParallelJob
{
    /// <summary>Input channels of an item: its sums stay in the worker's own cache.</summary>
    private const int ChannelsPerItem = 64;

    /// <summary>Positions multiplied at a time, so that their gradient stays in the nearest cache.</summary>
    private const int Depth = 96;

    /// <summary>Items below which positions are divided into parts.</summary>
    private const int ItemsWanted = 16;

    /// <summary>Positions that outweigh adding another part.</summary>
    private const int LeastPositions = 512;

    /// <summary>Floats of all parts.</summary>
    private const long MostPartElements = 1 << 22;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue _gradOutput;
    private readonly ProgramValue _gradWeight;
    private readonly ConvolutionPhase _phase;
    private readonly int _groups;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _unitVectors;
    private readonly int _units;
    private readonly int _outputBlocks;
    private readonly ChannelPlanes _inputPlanes;
    private readonly ChannelPlanes _gradientPlanes;
    private readonly nint[] _offsets;
    private readonly long _positions;
    private readonly int _parts;
    private readonly int[][] _splits;
    private readonly nint _panel;
    private readonly AddJob _add;

    private float* _inputData;
    private float* _gradientData;
    private float* _weightData;
    private float* _partial;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="operation">Whose weight gradient it is.</param>
    /// <param name="gradWeight">What is added to.</param>
    public DirectWeightGradient(WorkerPool workers, BlockedKernels kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels) = (workers, kernels);
        (_input, _gradOutput, _gradWeight) = (operation.Input, operation.GradOutput, gradWeight);
        _phase = ConvolutionPhase.ToCoarse(operation.Parameters, _gradOutput.Shape)[0];
        _groups = operation.Parameters.Groups;
        int lanes = kernels.Lanes;
        _channels = _input.Shape.C / _groups;
        _outputs = _gradOutput.Shape.C / _groups;
        int vectors = (_channels + lanes - 1) / lanes;
        _unitVectors = Math.Min(ChannelsPerItem / lanes, vectors);
        _units = (vectors + _unitVectors - 1) / _unitVectors;
        _outputBlocks = (_outputs + 2 * lanes - 1) / (2 * lanes);

        // Tiles read a little past the channels of the last position.
        var layout = new PlaneLayout(_input.Shape, [_phase], overread: kernels.LargestTile, allowDense: false);
        PlaneLayout outputs = layout.ForOutputs(_phase, kernels.LargestTile);
        _inputPlanes = new ChannelPlanes(workers, kernels, _input.Shape, _groups, layout, _unitVectors);
        _gradientPlanes = new ChannelPlanes(workers, kernels, _gradOutput.Shape, _groups, outputs, 2);
        _offsets = [.. _phase.Taps.Select(t => (nint)layout.TapOffset(t) * _inputPlanes.PositionElements)];
        _positions = layout.Positions(_phase);

        long items = (long)_groups * _units * _outputBlocks;
        long wanted = Math.Min((ItemsWanted + items - 1) / items, Math.Max(1, MostPartElements / PartElements));
        _parts = (int)Math.Clamp(_positions / LeastPositions, 1, wanted);
        int unit = _unitVectors * lanes;
        _splits = [kernels.Split(Math.Min(unit, _channels)), kernels.Split(_channels - (_units - 1) * unit)];
        _panel = (Math.Max(_splits[0].Sum(), _splits[1].Sum()) + 1) * (nint)lanes;
        _add = new AddJob(this);
    }

    public long WorkspaceBytes => _inputPlanes.Bytes + _gradientPlanes.Bytes + PartialBytes + WorkerBytes * _workers.Threads;

    /// <summary>Floats of one item's gradient: [output vector][channel][tap][output].</summary>
    private nint ItemElements => 2 * (nint)_unitVectors * _kernels.Lanes * _phase.Taps.Length * _kernels.Lanes;

    private long PartElements => _groups * _units * _outputBlocks * (long)ItemElements;

    private long PartialBytes => _parts == 1 ? 0 : NativeBuffer.Align(_parts * PartElements * sizeof(float));

    private long SumBytes => NativeBuffer.Align(_phase.Taps.Length * 2 * _panel * sizeof(float));

    // Whole squares are read past the last column.
    private long OrderedBytes => NativeBuffer.Align((ItemElements + _kernels.Lanes * _kernels.Lanes) * sizeof(float));

    private long WorkerBytes => SumBytes + OrderedBytes;

    public void Execute(KernelFrame frame)
    {
        _weightData = frame.Float(_gradWeight);
        byte* memory = frame.Workspace;
        _inputData = (float*)memory;
        _inputPlanes.Run(frame.Float(_input), _inputData);
        memory += _inputPlanes.Bytes;
        _gradientData = (float*)memory;
        _gradientPlanes.Run(frame.Float(_gradOutput), _gradientData);
        memory += _gradientPlanes.Bytes;
        _partial = (float*)memory;
        _scratch = memory + PartialBytes;
        int items = checked(_groups * _units * _outputBlocks);
        _workers.Run(this, checked(items * _parts));
        if (_parts > 1)
        {
            _workers.Run(_add, items);
        }
    }

    public void Run(int item, int worker)
    {
        int part = item % _parts;
        int place = item / _parts;
        int outputBlock = place % _outputBlocks;
        int unit = place / _outputBlocks % _units;
        int group = place / _outputBlocks / _units;
        float* sums = (float*)(_scratch + worker * WorkerBytes);
        float* ordered = (float*)((byte*)sums + SumBytes);
        Multiply(group, unit, outputBlock, _positions * part / _parts, _positions * (part + 1) / _parts, sums);
        float* target = _parts == 1 ? ordered : _partial + part * (nint)PartElements + place * ItemElements;
        Order(unit, sums, target);
        if (_parts == 1)
        {
            Add(group, unit, outputBlock, ordered);
        }
    }

    private int ChannelsOf(int unit) => Math.Min(_unitVectors * _kernels.Lanes, _channels - unit * _unitVectors * _kernels.Lanes);

    /// <summary>The products of some positions, [tap][output vector][channel][output].</summary>
    private void Multiply(int group, int unit, int outputBlock, long from, long to, float* sums)
    {
        int lanes = _kernels.Lanes;
        int width = _inputPlanes.PositionElements;
        int[] split = _splits[unit == _units - 1 ? 1 : 0];
        float* input = _inputData + group * _inputPlanes.GroupElements + unit * _inputPlanes.UnitElements;
        float* gradient = _gradientData + group * _gradientPlanes.GroupElements + outputBlock * _gradientPlanes.UnitElements;
        for (long first = from; first < to; first += Depth)
        {
            int depth = (int)Math.Min(Depth, to - first);
            float* b = gradient + (nint)first * 2 * lanes;
            float* c = sums;
            foreach (nint offset in _offsets)
            {
                float* a = input + offset + (nint)first * width;
                nint row = 0;
                foreach (int rows in split)
                {
                    _kernels.AdjacentRows[rows](1, depth, a + row, 0, width, b, c + row * lanes, _panel, first > from);
                    row += rows;
                }

                c += 2 * _panel;
            }
        }
    }

    /// <summary>Brings the sums of an item into the order of weights: channel by channel, its taps.</summary>
    private void Order(int unit, float* sums, float* target)
    {
        int lanes = _kernels.Lanes;
        int taps = _phase.Taps.Length;
        int channels = ChannelsOf(unit);
        for (int half = 0; half < 2; half++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                _kernels.CopyVectors(sums + (tap * 2 + half) * _panel, lanes, channels, target + half * (ItemElements / 2) + tap * lanes, taps * lanes);
            }
        }
    }

    /// <summary>Adds an item's sums to the gradient.</summary>
    private void Add(int group, int unit, int outputBlock, float* ordered)
    {
        int lanes = _kernels.Lanes;
        int taps = _phase.Taps.Length;
        nint row = (nint)_channels * taps;
        for (int half = 0; half < 2; half++)
        {
            int output = (outputBlock * 2 + half) * lanes;
            if (output < _outputs)
            {
                float* weights = _weightData + ((nint)group * _outputs + output) * row + unit * _unitVectors * lanes * (nint)taps;
                _kernels.AddToRows(ordered + half * (ItemElements / 2), ChannelsOf(unit) * taps, Math.Min(lanes, _outputs - output), weights, row);
            }
        }
    }

    /// <summary>Adds the parts of an item, one after the other.</summary>
    private sealed class AddJob(DirectWeightGradient owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            float* sum = (float*)(owner._scratch + worker * owner.WorkerBytes + owner.SumBytes);
            int count = (int)owner.ItemElements;
            var target = new Span<float>(sum, count);
            new ReadOnlySpan<float>(owner._partial + item * owner.ItemElements, count).CopyTo(target);
            for (int part = 1; part < owner._parts; part++)
            {
                float* source = owner._partial + part * (nint)owner.PartElements + item * owner.ItemElements;
                for (int i = 0; i < count; i++)
                {
                    sum[i] += source[i];
                }
            }

            owner.Add(item / owner._outputBlocks / owner._units, item / owner._outputBlocks % owner._units, item % owner._outputBlocks, sum);
        }
    }
}
