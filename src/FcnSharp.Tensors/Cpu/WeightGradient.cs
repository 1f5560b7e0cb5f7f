using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Weight gradient of convolution and transposed convolution: for each coarse channel o and each (fine channel, tap) j the dot
/// product over all pixels of coarse[o] and of what tap j sees in the fine image. Both lie as planes of the same positions
/// (<see cref="PlaneLayout"/>), so each dot product is one long run at the tap's shift; positions that are no pixel are zero on
/// the coarse side. The run is cut into a number of parts that depends on the shapes only; the parts' sums are added in order,
/// so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class WeightGradient : IKernel, IParallelJob
{
    private const int PositionBlock = 1024;
    private const int MaxColumns = 96;
    private const int MaxRows = 128;
    private const int ItemsWanted = 16;
    private const long MaxPartialElements = 1 << 22;

    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly ProgramValue _fine;
    private readonly ProgramValue _coarse;
    private readonly ProgramValue _gradWeight;
    private readonly ConvolutionPhase _phase;
    private readonly int _groups;
    private readonly int _groupRows;
    private readonly int _groupColumns;
    private readonly int _columnsPerBlock;
    private readonly int _columnBlocks;
    private readonly int _rowsPerBlock;
    private readonly int _rowBlocks;
    private readonly PlaneLayout _fineLayout;
    private readonly PlaneLayout _coarseLayout;
    private readonly PlaneCopy _finePlanes;
    private readonly PlaneCopy _coarsePlanes;
    private readonly nint[] _offsets;
    private readonly long _positions;
    private readonly long _units;
    private readonly int _parts;
    private readonly AddParts _addParts;

    private float* _fineData;
    private float* _coarseData;
    private float* _partials;
    private byte* _scratch;

    private WeightGradient(WorkerPool workers, KernelSet kernels, Conv2dParameters parameters, ProgramValue fine, ProgramValue coarse, ProgramValue gradWeight)
    {
        (_workers, _kernels, _fine, _coarse, _gradWeight) = (workers, kernels, fine, coarse, gradWeight);
        _phase = ConvolutionPhase.ToCoarse(parameters, coarse.Shape)[0];
        _groups = parameters.Groups;
        _groupRows = coarse.Shape.C / _groups;
        _groupColumns = fine.Shape.C / _groups * _phase.Taps.Length;
        _columnsPerBlock = Math.Min(MaxColumns, RoundUp(_groupColumns, kernels.DotColumns));
        _columnBlocks = (_groupColumns + _columnsPerBlock - 1) / _columnsPerBlock;
        _rowsPerBlock = Math.Min(MaxRows, RoundUp(_groupRows, KernelSet.DotRows));
        _rowBlocks = (_groupRows + _rowsPerBlock - 1) / _rowsPerBlock;

        _fineLayout = new PlaneLayout(fine.Shape, [_phase], kernels.Lanes, allowDense: false);
        _coarseLayout = _fineLayout.ForOutputs(_phase, kernels.Lanes);
        _finePlanes = new PlaneCopy(workers, fine.Shape, _fineLayout);
        _coarsePlanes = new PlaneCopy(workers, coarse.Shape, _coarseLayout);
        _offsets = _fineLayout.Offsets(_phase, fine.Shape.C / _groups, padTo: kernels.DotColumns);
        _positions = _fineLayout.Positions(_phase);
        _units = (_positions + PositionBlock - 1) / PositionBlock;

        long items = (long)_groups * _columnBlocks * _rowBlocks;
        long wanted = Math.Min((ItemsWanted + items - 1) / items, Math.Max(1, MaxPartialElements / gradWeight.Shape.ElementCount));
        _parts = (int)Math.Min(wanted, _units);
        _addParts = new AddParts(gradWeight.Shape.ElementCount, _parts);
    }

    public long WorkspaceBytes => PartialBytes + _finePlanes.Bytes + CoarseBytes + BlockBytes * _workers.Threads;

    /// <summary>The last tile may reach over up to three rows that do not exist; what it computes there is thrown away.</summary>
    private long CoarseBytes => _coarsePlanes.Bytes + NativeBuffer.Align((KernelSet.DotRows - 1) * _coarseLayout.PlaneStride * sizeof(float));

    private long BlockBytes => NativeBuffer.Align((long)_rowsPerBlock * _columnsPerBlock * sizeof(float));

    private long PartialBytes => NativeBuffer.Align(_parts * _gradWeight.Shape.ElementCount * sizeof(float));

    public static WeightGradient Of(WorkerPool workers, KernelSet kernels, Conv2dBackwardWeight o, ProgramValue gradWeight) =>
        new(workers, kernels, o.Parameters, o.Input, o.GradOutput, gradWeight);

    public static WeightGradient Of(WorkerPool workers, KernelSet kernels, ConvTranspose2dBackwardWeight o, ProgramValue gradWeight) =>
        new(workers, kernels, o.Parameters.Convolution, o.GradOutput, o.Input, gradWeight);

    public void Execute(KernelFrame frame)
    {
        _partials = (float*)frame.Workspace;
        byte* memory = frame.Workspace + PartialBytes;
        _fineData = _finePlanes.Run(frame.Float(_fine), (float*)memory);
        memory += _finePlanes.Bytes;
        _coarseData = _coarsePlanes.Run(frame.Float(_coarse), (float*)memory);
        _scratch = memory + CoarseBytes;
        _workers.Run(this, _groups * _columnBlocks * _rowBlocks * _parts);
        _addParts.Run(_workers, _partials, frame.Float(_gradWeight));
    }

    public void Run(int item, int worker)
    {
        int part = item % _parts;
        int rowBlock = item / _parts % _rowBlocks;
        int columnBlock = item / _parts / _rowBlocks % _columnBlocks;
        int group = item / _parts / _rowBlocks / _columnBlocks;

        int firstRow = rowBlock * _rowsPerBlock;
        int rows = Math.Min(_rowsPerBlock, _groupRows - firstRow);
        int firstColumn = columnBlock * _columnsPerBlock;
        int columns = Math.Min(_columnsPerBlock, _groupColumns - firstColumn);
        float* block = (float*)(_scratch + worker * BlockBytes);
        new Span<float>(block, _rowsPerBlock * _columnsPerBlock).Clear();
        for (long unit = _units * part / _parts; unit < _units * (part + 1) / _parts; unit++)
        {
            AddPositions(unit, group, firstRow, rows, firstColumn, columns, block);
        }

        float* target = _partials + part * (nint)_gradWeight.Shape.ElementCount + (nint)(group * _groupRows + firstRow) * _groupColumns + firstColumn;
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(block + row * _columnsPerBlock, columns).CopyTo(new Span<float>(target + (nint)row * _groupColumns, columns));
        }
    }

    /// <summary>Adds the products of one run of positions.</summary>
    private void AddPositions(long unit, int group, int firstRow, int rows, int firstColumn, int columns, float* block)
    {
        long first = unit * PositionBlock;
        int vectors = (int)((Math.Min(PositionBlock, _positions - first) + _kernels.Lanes - 1) / _kernels.Lanes);
        nint lda = (nint)_coarseLayout.PlaneStride;
        float* coarse = _coarseData + (group * _groupRows + firstRow) * lda + (nint)first;
        float* fine = _fineData + group * (nint)(_fine.Shape.C / _groups) * _fineLayout.Phases.Count * (nint)_fineLayout.PlaneStride + (nint)first;
        nint* offsets = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_offsets)) + firstColumn;
        // The columns of a tile are mostly taps of one channel, so their runs overlap and stay in the nearest cache.
        for (int column = 0; column < columns; column += _kernels.DotColumns)
        {
            for (int row = 0; row < rows; row += KernelSet.DotRows)
            {
                _kernels.Dot(vectors, coarse + row * lda, lda, fine, offsets + column, block + row * _columnsPerBlock + column, _columnsPerBlock);
            }
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>gradWeight += part 0 + part 1 + ..., in this order for every element.</summary>
    private sealed class AddParts(long elements, int parts) : IParallelJob
    {
        private const int Chunk = 16384;
        private float* _source;
        private float* _target;

        public void Run(WorkerPool workers, float* source, float* target)
        {
            _source = source;
            _target = target;
            workers.Run(this, (int)((elements + Chunk - 1) / Chunk));
        }

        public void Run(int item, int worker)
        {
            long first = (long)item * Chunk;
            int count = (int)Math.Min(Chunk, elements - first);
            var target = new Span<float>(_target + first, count);
            for (int part = 0; part < parts; part++)
            {
                var source = new ReadOnlySpan<float>(_source + part * elements + first, count);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += source[i];
                }
            }
        }
    }
}
