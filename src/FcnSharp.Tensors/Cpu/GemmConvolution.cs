using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Convolution and transposed convolution, forward and data gradient, as matrix products: weights [channels x depth] times
/// the patch matrix [depth x positions], which never exists: its rows are runs of the input's planes, each kernel tap at its
/// own shift (<see cref="PlaneLayout"/>). One item of work is a block of positions by a block of channels; it runs over the
/// whole depth in a fixed order, so the result has the same bits for any number of threads.
/// </summary>
internal sealed unsafe class GemmConvolution : IKernel, IParallelJob
{
    private const int DepthBlock = 256;
    private const int TilesPerBlock = 4;
    private const int MaxRowsPerBlock = 256;

    /// <summary>Items below which blocks of positions are made narrower, so that small maps keep several cores busy, too.</summary>
    private const int ItemsWanted = 16;

    /// <summary>Items below which the channels are split.</summary>
    private const int LeastItems = 8;

    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue _weight;
    private readonly ProgramValue? _bias;
    private readonly ProgramValue _output;
    private readonly ConvolutionPhase[] _phases;
    private readonly PlaneLayout _layout;
    private readonly PlaneCopy _planes;
    private readonly nint[][] _offsets;
    private readonly WeightPacking? _packing;
    private readonly int _groups;
    private readonly int _groupRows;
    private readonly int _groupChannels;
    private readonly int _columnsPerBlock;
    private readonly int _rowsPerBlock;
    private readonly int _rowBlocks;
    private readonly bool _relu;
    private readonly int[] _firstItem;
    private readonly long _workerBytes;
    private readonly long _packedBytes;

    private float* _inputData;
    private float* _outputData;
    private float* _biasData;
    private float* _weightData;
    private byte* _scratch;

    private GemmConvolution(WorkerPool workers, KernelSet kernels, ConvolutionPhase[] phases, int groups, bool repack, ProgramValue input, ProgramValue weight, ProgramValue? bias, ProgramValue output, bool relu = false)
    {
        _relu = relu;
        (_workers, _kernels, _phases, _groups) = (workers, kernels, phases, groups);
        (_input, _weight, _bias, _output) = (input, weight, bias, output);
        _groupRows = output.Shape.C / groups;
        _groupChannels = input.Shape.C / groups;

        _layout = new PlaneLayout(input.Shape, phases, kernels.TileWidth, allowDense: true);
        _planes = new PlaneCopy(workers, input.Shape, _layout);
        _offsets = [.. phases.Select(p => _layout.Offsets(p, _groupChannels))];

        long columns = phases.Max(_layout.Positions);
        int tiles = (int)Math.Min(TilesPerBlock, (columns + kernels.TileWidth - 1) / kernels.TileWidth);
        _columnsPerBlock = tiles * kernels.TileWidth;
        while (_columnsPerBlock > kernels.TileWidth && groups * phases.Sum(ColumnBlocks) < ItemsWanted)
        {
            _columnsPerBlock -= kernels.TileWidth;
        }

        long columnItems = groups * phases.Sum(ColumnBlocks);
        int splits = (int)Math.Clamp((LeastItems + columnItems - 1) / columnItems, 1, (_groupRows + kernels.MaxRows - 1) / kernels.MaxRows);
        int rows = Math.Min(MaxRowsPerBlock, (_groupRows + splits - 1) / splits);
        _rowsPerBlock = Math.Min(_groupRows, (rows + kernels.MaxRows - 1) / kernels.MaxRows * kernels.MaxRows);
        _rowBlocks = (_groupRows + _rowsPerBlock - 1) / _rowsPerBlock;

        _firstItem = new int[phases.Length + 1];
        for (int i = 0; i < phases.Length; i++)
        {
            _firstItem[i + 1] = checked(_firstItem[i] + (int)(ColumnBlocks(phases[i]) * groups * _rowBlocks));
        }

        _packing = repack ? new WeightPacking(phases, groups, _groupRows, _groupChannels, (int)(weight.Shape.ElementCount / weight.Shape.N / weight.Shape.C)) : null;
        _packedBytes = repack ? NativeBuffer.Align(weight.Shape.ElementCount * sizeof(float)) : 0;
        _workerBytes = BlockBytes + NativeBuffer.Align(GridRows.Bytes(_columnsPerBlock));
    }

    public long WorkspaceBytes => _packedBytes + _planes.Bytes + _workerBytes * _workers.Threads;

    private long BlockBytes => NativeBuffer.Align((long)_rowsPerBlock * _columnsPerBlock * sizeof(float));

    public static GemmConvolution Forward(WorkerPool workers, KernelSet kernels, Conv2dForward o) =>
        new(workers, kernels, ConvolutionPhase.ToCoarse(o.Parameters, o.Output.Shape), o.Parameters.Groups, repack: false, o.Input, o.Weight, o.Bias, o.Output, o.Relu);

    public static GemmConvolution BackwardInput(WorkerPool workers, KernelSet kernels, Conv2dBackwardInput o) =>
        new(workers, kernels, ConvolutionPhase.ToFine(o.Parameters, o.GradInput.Shape), o.Parameters.Groups, repack: true, o.GradOutput, o.Weight, null, o.GradInput);

    public static GemmConvolution Forward(WorkerPool workers, KernelSet kernels, ConvTranspose2dForward o) =>
        new(workers, kernels, ConvolutionPhase.ToFine(o.Parameters.Convolution, o.Output.Shape), o.Parameters.Groups, repack: true, o.Input, o.Weight, o.Bias, o.Output);

    public static GemmConvolution BackwardInput(WorkerPool workers, KernelSet kernels, ConvTranspose2dBackwardInput o) =>
        new(workers, kernels, ConvolutionPhase.ToCoarse(o.Parameters.Convolution, o.GradInput.Shape), o.Parameters.Groups, repack: false, o.GradOutput, o.Weight, null, o.GradInput);

    public void Execute(KernelFrame frame)
    {
        byte* planes = frame.Workspace + _packedBytes;
        _inputData = _planes.Run(frame.Float(_input), (float*)planes);
        _scratch = planes + _planes.Bytes;
        _outputData = frame.Float(_output);
        _biasData = _bias is null ? null : frame.Float(_bias);
        _weightData = frame.Float(_weight);
        if (_packing is not null)
        {
            _packing.Run(_workers, _weightData, (float*)frame.Workspace);
            _weightData = (float*)frame.Workspace;
        }

        _workers.Run(this, _firstItem[^1]);
    }

    public void Run(int item, int worker)
    {
        int phaseIndex = 0;
        while (item >= _firstItem[phaseIndex + 1])
        {
            phaseIndex++;
        }

        item -= _firstItem[phaseIndex];
        int rowBlock = item % _rowBlocks;
        int group = item / _rowBlocks % _groups;
        long columnBlock = item / _rowBlocks / _groups;
        RunBlock(phaseIndex, group, rowBlock, columnBlock, _scratch + worker * _workerBytes);
    }

    private void RunBlock(int phaseIndex, int group, int rowBlock, long columnBlock, byte* scratch)
    {
        ConvolutionPhase phase = _phases[phaseIndex];
        int firstRow = rowBlock * _rowsPerBlock;
        int rows = Math.Min(_rowsPerBlock, _groupRows - firstRow);
        long firstColumn = columnBlock * _columnsPerBlock;
        int columns = (int)Math.Min(_columnsPerBlock, _layout.Positions(phase) - firstColumn);
        int tiles = (columns + _kernels.TileWidth - 1) / _kernels.TileWidth;
        nint ldc = (nint)tiles * _kernels.TileWidth;

        float* block = (float*)scratch;
        var outputRows = new GridRows(scratch + BlockBytes);
        outputRows.Find(_layout, phase, firstColumn, columns);
        StartWithBias(block, ldc, rows, group * _groupRows + firstRow);

        int depth = _groupChannels * phase.Taps.Length;
        float* weights = _weightData + (_packing?.FirstWeight(phaseIndex, group) ?? (nint)group * _groupRows * depth) + (nint)firstRow * depth;
        float* planes = _inputData + group * (nint)_groupChannels * _layout.Phases.Count * (nint)_layout.PlaneStride + (nint)firstColumn;
        nint* offsets = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_offsets[phaseIndex]));
        for (int k = 0; k < depth; k += DepthBlock)
        {
            int kCount = Math.Min(DepthBlock, depth - k);
            for (int tile = 0; tile < tiles; tile++)
            {
                int column = tile * _kernels.TileWidth;
                _kernels.Multiply(rows, kCount, weights + k, depth, planes + column, offsets + k, block + column, ldc);
            }
        }

        if (_relu)
        {
            _kernels.Planes.Relu(block, block, rows * (int)ldc, false);
        }

        outputRows.Scatter(phase, block, ldc, rows, _outputData, _output.Shape, group * _groupRows + firstRow);
    }

    private void StartWithBias(float* block, nint ldc, int rows, int firstChannel)
    {
        for (int row = 0; row < rows; row++)
        {
            new Span<float>(block + row * ldc, (int)ldc).Fill(_biasData == null ? 0 : _biasData[firstChannel + row]);
        }
    }

    private long ColumnBlocks(ConvolutionPhase phase) => (_layout.Positions(phase) + _columnsPerBlock - 1) / _columnsPerBlock;
}
