using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weight gradient of a convolution of images of three or four channels: for each row of the kernel the matrix product over all
/// outputs of the run of pixels that the row sees (<see cref="InterleavedImages"/>) and the output's gradient. Rows of outputs are
/// divided into parts by the shapes only, and the parts are added in order, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class FirstLayerWeightGradient : IKernel, IParallelJob
{
    /// <summary>Outputs of a row multiplied at once, so that their gradient stays in the nearest cache.</summary>
    private const int MostColumns = 192;

    private const int MostParts = 32;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly Conv2dBackwardWeight _operation;
    private readonly ProgramValue _gradWeight;
    private readonly InterleavedImages _images;
    private readonly int _outputBlocks;
    private readonly int _columnsPerBlock;
    private readonly int _lines;
    private readonly int _parts;
    private readonly int[] _split;
    private readonly nint _panel;
    private readonly AddJob _add;

    private float* _inputData;
    private float* _gradientData;
    private float* _weightData;
    private float* _partial;
    private byte* _scratch;

    public FirstLayerWeightGradient(WorkerPool workers, BlockedKernels kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _operation, _gradWeight) = (workers, kernels, operation, gradWeight);
        Shape output = operation.GradOutput.Shape;
        _images = new InterleavedImages(workers, operation.Input.Shape, operation.Parameters);
        _outputBlocks = (output.C + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        int blocks = (output.W + MostColumns - 1) / MostColumns;
        _columnsPerBlock = (output.W + blocks - 1) / blocks;
        _lines = checked(output.N * output.H);
        _parts = Math.Clamp(_lines / 4, 1, MostParts);
        int rows = operation.Parameters.KernelWidth * operation.Input.Shape.C;
        _split = kernels.Split(rows);
        if (_split.Length > 1 && rows <= kernels.LargestTile && rows > kernels.LargestTile / 2)
        {
            // A tile of a few rows waits for its own sums: one that is too large costs no more.
            _split = [rows <= kernels.LargestTile - 2 ? kernels.LargestTile - 2 : kernels.LargestTile];
        }

        _panel = (_split.Sum() | 1) * (nint)kernels.Lanes;
        _add = new AddJob(this);
    }

    public long WorkspaceBytes => _images.Bytes + PartialBytes + WorkerBytes * _workers.Threads;

    /// <summary>Floats of the sums of a block of outputs: [kernel row][output vector][tap of the row, channel][output].</summary>
    private nint SumElements => _operation.Parameters.KernelHeight * 2 * _panel;

    private long PartialBytes => NativeBuffer.Align((long)_parts * _outputBlocks * SumElements * sizeof(float));

    private long GradientBytes => NativeBuffer.Align((long)_columnsPerBlock * 2 * _kernels.Lanes * sizeof(float));

    // Whole squares are read past the last column.
    private long OrderedBytes => NativeBuffer.Align(((long)Columns + _kernels.Lanes) * _kernels.Lanes * sizeof(float));

    private long WorkerBytes => Math.Max(GradientBytes, OrderedBytes);

    /// <summary>Weights of an output.</summary>
    private int Columns => _operation.Parameters.KernelHeight * _operation.Parameters.KernelWidth * _operation.Input.Shape.C;

    public void Execute(KernelFrame frame)
    {
        _inputData = (float*)frame.Workspace;
        _images.Run(frame.Float(_operation.Input), _inputData);
        _gradientData = frame.Float(_operation.GradOutput);
        _weightData = frame.Float(_gradWeight);
        _partial = (float*)(frame.Workspace + _images.Bytes);
        _scratch = frame.Workspace + _images.Bytes + PartialBytes;
        _workers.Run(this, _parts * _outputBlocks);
        _workers.Run(_add, _outputBlocks);
    }

    public void Run(int item, int worker)
    {
        int outputBlock = item % _outputBlocks;
        int part = item / _outputBlocks;
        float* sums = _partial + item * SumElements;
        float* gradient = (float*)(_scratch + worker * WorkerBytes);
        int last = (int)((long)_lines * (part + 1) / _parts);
        bool add = false;
        for (int line = (int)((long)_lines * part / _parts); line < last; line++)
        {
            for (int first = 0; first < _operation.GradOutput.Shape.W; first += _columnsPerBlock)
            {
                AddPixels(outputBlock, line, first, Math.Min(_columnsPerBlock, _operation.GradOutput.Shape.W - first), sums, gradient, add);
                add = true;
            }
        }
    }

    /// <summary>The products of some outputs of one row.</summary>
    private void AddPixels(int outputBlock, int line, int first, int count, float* sums, float* gradient, bool add)
    {
        Conv2dParameters p = _operation.Parameters;
        Shape shape = _operation.GradOutput.Shape;
        int lanes = _kernels.Lanes;
        int n = line / shape.H;
        int y = line % shape.H;
        nint plane = (nint)shape.H * shape.W;
        for (int half = 0; half < 2; half++)
        {
            int channel = (outputBlock * 2 + half) * lanes;
            int channels = Math.Min(lanes, shape.C - channel);
            if (channels > 0)
            {
                _kernels.Gather(_gradientData + ((nint)n * shape.C + channel) * plane + (nint)y * shape.W + first, plane, channels, count, 1, gradient + half * lanes, 2 * lanes);
            }
        }

        int step = p.StrideWidth * _operation.Input.Shape.C;
        float* image = _inputData + n * _images.ImageElements + (nint)y * p.StrideHeight * _images.RowElements + (nint)first * step;
        for (int ky = 0; ky < p.KernelHeight; ky++)
        {
            float* a = image + ky * p.DilationHeight * _images.RowElements;
            float* c = sums + ky * 2 * _panel;
            foreach (int rows in _split)
            {
                _kernels.AdjacentRows[rows](1, count, a, 0, step, gradient, c, _panel, add);
                a += rows;
                c += rows * lanes;
            }
        }
    }

    /// <summary>One item adds the parts of a block of outputs, one after the other, and the sum to the gradient.</summary>
    private sealed class AddJob(FirstLayerWeightGradient owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            Conv2dParameters p = owner._operation.Parameters;
            int lanes = owner._kernels.Lanes;
            int inputs = owner._operation.Input.Shape.C;
            int outputs = owner._operation.GradOutput.Shape.C;
            float* sum = owner._partial + item * owner.SumElements;
            for (int part = 1; part < owner._parts; part++)
            {
                float* source = owner._partial + ((nint)part * owner._outputBlocks + item) * owner.SumElements;
                for (nint i = 0; i < owner.SumElements; i++)
                {
                    sum[i] += source[i];
                }
            }

            float* ordered = (float*)(owner._scratch + worker * owner.WorkerBytes);
            for (int half = 0; half < 2; half++)
            {
                int output = (item * 2 + half) * lanes;
                if (output >= outputs)
                {
                    continue;
                }

                for (int c = 0; c < inputs; c++)
                {
                    for (int ky = 0; ky < p.KernelHeight; ky++)
                    {
                        float* from = sum + (ky * 2 + half) * owner._panel + c * lanes;
                        float* to = ordered + (c * p.KernelHeight + ky) * p.KernelWidth * lanes;
                        owner._kernels.CopyVectors(from, inputs * lanes, p.KernelWidth, to, lanes);
                    }
                }

                owner._kernels.AddToRows(ordered, owner.Columns, Math.Min(lanes, outputs - output), owner._weightData + (nint)output * owner.Columns, owner.Columns);
            }
        }
    }
}
