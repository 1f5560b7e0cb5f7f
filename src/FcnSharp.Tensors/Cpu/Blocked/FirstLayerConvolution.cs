using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Convolution of images of three or four channels. A vector of channels would be mostly empty, so the channels of neighbouring
/// pixels lie side by side (<see cref="InterleavedImages"/>): what a row of the kernel sees is one run, and no product is wasted.
/// One item is a row of outputs. Every output is summed in one order, so the threads do not change a bit.
/// </summary>
internal sealed unsafe class FirstLayerConvolution : IKernel, IParallelJob, IPacksParameter
{
    /// <summary>Outputs of a row computed at once, so that they are still near when they are written to the planes.</summary>
    private const int MostColumns = 252;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly Conv2dForward _operation;
    private readonly InterleavedImages _images;
    private readonly WeightSource _weights;
    private readonly int _outputBlocks;
    private readonly int _columnsPerBlock;
    private readonly int _columnBlocks;
    private readonly int[][] _splits;
    private readonly nint _panel;
    private readonly float[] _paddedBias;

    private float* _inputData;
    private float* _outputData;
    private byte* _scratch;

    public FirstLayerConvolution(WorkerPool workers, BlockedKernels kernels, Conv2dForward operation, bool constantWeights)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        Shape output = operation.Output.Shape;
        _images = new InterleavedImages(workers, operation.Input.Shape, operation.Parameters);
        _weights = new WeightSource(workers, operation.Weight, new FirstLayerWeights(kernels, operation.Weight.Shape), constantWeights, usedOnce: false, anyMap: true);
        _outputBlocks = (output.C + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        _columnBlocks = (output.W + MostColumns - 1) / MostColumns;
        int columns = (output.W + _columnBlocks - 1) / _columnBlocks;
        _columnsPerBlock = (columns + kernels.LargestTile - 1) / kernels.LargestTile * kernels.LargestTile;
        _columnBlocks = (output.W + _columnsPerBlock - 1) / _columnsPerBlock;
        _splits = [kernels.Split(_columnsPerBlock), kernels.Split(output.W - (_columnBlocks - 1) * _columnsPerBlock)];
        _panel = (Math.Max(_splits[0].Sum(), _splits[1].Sum()) | 1) * (nint)kernels.Lanes;
        _paddedBias = GC.AllocateArray<float>(_outputBlocks * 2 * kernels.Lanes, pinned: true);
    }

    public long WorkspaceBytes => _weights.WorkspaceBytes + _images.Bytes + WorkerBytes * _workers.Threads;

    public ProgramValue? PackedParameter => _weights.PackedParameter;

    // Whole squares are read past the last column.
    private long WorkerBytes => NativeBuffer.Align((2 * _panel + _kernels.Lanes * _kernels.Lanes) * sizeof(float));

    public void Execute(KernelFrame frame)
    {
        _weights.Prepare(frame);
        _inputData = (float*)(frame.Workspace + _weights.WorkspaceBytes);
        _images.Run(frame.Float(_operation.Input), _inputData);
        _scratch = frame.Workspace + _weights.WorkspaceBytes + _images.Bytes;
        _outputData = frame.Float(_operation.Output);
        if (_operation.Bias is not null)
        {
            new ReadOnlySpan<float>(frame.Float(_operation.Bias), _operation.Output.Shape.C).CopyTo(_paddedBias);
        }

        _workers.Run(this, checked(_operation.Output.Shape.N * _operation.Output.Shape.H));
    }

    public void Run(int item, int worker)
    {
        Conv2dParameters p = _operation.Parameters;
        Shape shape = _operation.Output.Shape;
        int n = item / shape.H;
        int y = item % shape.H;
        int lanes = _kernels.Lanes;
        int step = p.StrideWidth * _operation.Input.Shape.C;
        int depth = p.KernelWidth * _operation.Input.Shape.C;
        nint plane = (nint)shape.H * shape.W;
        float* products = (float*)(_scratch + worker * WorkerBytes);
        float* bias = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_paddedBias));
        float* line = _inputData + n * _images.ImageElements + (nint)y * p.StrideHeight * _images.RowElements;
        for (int block = 0; block < _columnBlocks; block++)
        {
            int first = block * _columnsPerBlock;
            int count = Math.Min(_columnsPerBlock, shape.W - first);
            int[] split = _splits[block == _columnBlocks - 1 ? 1 : 0];
            for (int outputBlock = 0; outputBlock < _outputBlocks; outputBlock++)
            {
                float* weights = _weights.Block(0, outputBlock, null);
                int column = 0;
                foreach (int rows in split)
                {
                    _kernels.PixelRows[step][rows](p.KernelHeight, depth, line + (nint)(first + column) * step, p.DilationHeight * _images.RowElements, 1, weights, products + column * lanes, _panel, false);
                    column += rows;
                }

                for (int half = 0; half < 2; half++)
                {
                    int channel = (outputBlock * 2 + half) * lanes;
                    if (channel < shape.C)
                    {
                        _kernels.Finish(products + half * _panel, count, bias + channel, _operation.Relu ? 0 : float.NegativeInfinity);
                        Store(products + half * _panel, count, Math.Min(lanes, shape.C - channel), _outputData + ((nint)n * shape.C + channel) * plane + (nint)y * shape.W + first, plane);
                    }
                }
            }
        }
    }

    /// <summary>Writes outputs to the planes, from the first whole vector of a plane on in whole vectors: one that lies across two lines of the cache costs two.</summary>
    private void Store(float* products, int count, int channels, float* target, nint plane)
    {
        int lanes = _kernels.Lanes;
        int head = (int)Math.Min((nint)count, -((nint)target / sizeof(float)) & (lanes - 1));
        if (head > 0)
        {
            _kernels.ToPlanes(products, head, channels, target, plane);
        }

        _kernels.ToPlanes(products + head * lanes, count - head, channels, target + head, plane);
    }
}
