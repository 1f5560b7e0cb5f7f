using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Weight gradient of convolution and transposed convolution: for each coarse channel o and each (fine channel, tap) j the dot
/// product over all pixels of coarse[o] and of what tap j sees in the fine image. The pixels are cut into a number of parts
/// that depends on the shapes only; the parts' sums are added in order, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class WeightGradient : IKernel, IParallelJob
{
    private const int PixelBlock = 1024;
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
    private readonly int _plane;
    private readonly int _blocksPerImage;
    private readonly int _parts;
    private readonly long _workerBytes;
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

        _plane = checked(coarse.Shape.H * coarse.Shape.W);
        _blocksPerImage = (int)(((long)_plane + PixelBlock - 1) / PixelBlock);
        long units = (long)coarse.Shape.N * _blocksPerImage;
        long items = (long)_groups * _columnBlocks * _rowBlocks;
        long wanted = Math.Min((ItemsWanted + items - 1) / items, Math.Max(1, MaxPartialElements / gradWeight.Shape.ElementCount));
        _parts = (int)Math.Min(wanted, units);
        _workerBytes = PackedBytes + TailBytes + BlockBytes;
        _addParts = new AddParts(gradWeight.Shape.ElementCount, _parts);
    }

    public long WorkspaceBytes => PartialBytes + _workerBytes * _workers.Threads;

    private long PackedBytes => NativeBuffer.Align((long)_columnsPerBlock * PixelBlock * sizeof(float));

    private long TailBytes => NativeBuffer.Align((long)_rowsPerBlock * PixelBlock * sizeof(float));

    private long BlockBytes => NativeBuffer.Align((long)_rowsPerBlock * _columnsPerBlock * sizeof(float));

    private long PartialBytes => NativeBuffer.Align(_parts * _gradWeight.Shape.ElementCount * sizeof(float));

    public static WeightGradient Of(WorkerPool workers, KernelSet kernels, Conv2dBackwardWeight o, ProgramValue gradWeight) =>
        new(workers, kernels, o.Parameters, o.Input, o.GradOutput, gradWeight);

    public static WeightGradient Of(WorkerPool workers, KernelSet kernels, ConvTranspose2dBackwardWeight o, ProgramValue gradWeight) =>
        new(workers, kernels, o.Parameters.Convolution, o.GradOutput, o.Input, gradWeight);

    public void Execute(KernelFrame frame)
    {
        _fineData = frame.Float(_fine);
        _coarseData = frame.Float(_coarse);
        _partials = (float*)frame.Workspace;
        _scratch = frame.Workspace + PartialBytes;
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
        byte* scratch = _scratch + worker * _workerBytes;
        float* block = (float*)(scratch + PackedBytes + TailBytes);
        new Span<float>(block, _rowsPerBlock * _columnsPerBlock).Clear();

        long units = (long)_coarse.Shape.N * _blocksPerImage;
        for (long unit = units * part / _parts; unit < units * (part + 1) / _parts; unit++)
        {
            AddPixels(unit, group, firstRow, rows, firstColumn, columns, scratch, block);
        }

        float* target = _partials + part * (nint)_gradWeight.Shape.ElementCount + (nint)(group * _groupRows + firstRow) * _groupColumns + firstColumn;
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(block + row * _columnsPerBlock, columns).CopyTo(new Span<float>(target + (nint)row * _groupColumns, columns));
        }
    }

    /// <summary>Adds the products of one run of pixels of one image.</summary>
    private void AddPixels(long unit, int group, int firstRow, int rows, int firstColumn, int columns, byte* scratch, float* block)
    {
        int n = (int)(unit / _blocksPerImage);
        int firstPixel = (int)(unit % _blocksPerImage) * PixelBlock;
        int pixels = Math.Min(PixelBlock, _plane - firstPixel);
        int stride = RoundUp(pixels, _kernels.Lanes);

        float* packed = (float*)scratch;
        PackFine(n, group, firstPixel, pixels, stride, firstColumn, columns, packed);

        // The tile reads whole vectors and whole row groups: both exist as they are, or in a copy padded with zeros.
        nint lda = _plane;
        float* coarse = _coarseData + ((nint)n * _coarse.Shape.C + group * _groupRows + firstRow) * _plane + firstPixel;
        if (stride != pixels || rows % KernelSet.DotRows != 0)
        {
            float* copy = (float*)(scratch + PackedBytes);
            CopyPadded(coarse, _plane, rows, pixels, copy, stride);
            coarse = copy;
            lda = stride;
        }

        for (int row = 0; row < rows; row += KernelSet.DotRows)
        {
            for (int column = 0; column < columns; column += _kernels.DotColumns)
            {
                _kernels.Dot(stride / _kernels.Lanes, coarse + row * lda, lda, packed + (nint)column * stride, stride, block + row * _columnsPerBlock + column, _columnsPerBlock);
            }
        }
    }

    private static void CopyPadded(float* source, nint sourceStride, int rows, int pixels, float* target, int stride)
    {
        for (int row = 0; row < RoundUp(rows, KernelSet.DotRows); row++)
        {
            var padded = new Span<float>(target + (nint)row * stride, stride);
            padded.Clear();
            if (row < rows)
            {
                new ReadOnlySpan<float>(source + row * sourceStride, pixels).CopyTo(padded);
            }
        }
    }

    /// <summary>Row j of the packed matrix is what (channel, tap) j sees at each pixel of the run, padded with zeros.</summary>
    private void PackFine(int n, int group, int firstPixel, int pixels, int stride, int firstColumn, int columns, float* packed)
    {
        Shape fine = _fine.Shape;
        int firstChannel = group * (fine.C / _groups);
        for (int j = 0; j < RoundUp(columns, _kernels.DotColumns); j++)
        {
            float* target = packed + (nint)j * stride;
            if (j >= columns)
            {
                new Span<float>(target, stride).Clear();
                continue;
            }

            int channel = firstChannel + (firstColumn + j) / _phase.Taps.Length;
            ConvolutionTap tap = _phase.Taps[(firstColumn + j) % _phase.Taps.Length];
            float* source = _fineData + ((nint)n * fine.C + channel) * fine.H * fine.W;
            int done = 0;
            while (done < pixels)
            {
                int y = (firstPixel + done) / _phase.GridWidth;
                int x = (firstPixel + done) % _phase.GridWidth;
                int length = Math.Min(pixels - done, _phase.GridWidth - x);
                int fineY = y * _phase.InputStepY + tap.OffsetY;
                if ((uint)fineY < (uint)fine.H)
                {
                    ColumnSegments.CopyRun(source + (nint)fineY * fine.W, fine.W, x * _phase.InputStepX + tap.OffsetX, _phase.InputStepX, length, target + done);
                }
                else
                {
                    new Span<float>(target + done, length).Clear();
                }

                done += length;
            }

            new Span<float>(target + pixels, stride - pixels).Clear();
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
