using System.Runtime.Intrinsics.X86;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Transposed convolution of a stride s that is a power of two, 4 or more: the upsampling of an FCN. Position (a, b) of a grid
/// as fine as the input makes the s x s outputs from row a * s - padding and column b * s - padding on, all from the same few
/// input pixels (a - ty, b - tx). So a row of positions times weights is one matrix product whose columns are the outputs of a
/// block: a vector holds outputs that lie side by side, and no product with an inserted zero is computed.
/// </summary>
internal sealed unsafe class StrideBlocks : IKernel, IParallelJob
{
    private const int LargestVector = 16;
    private const int LargestTile = 14;

    /// <summary>Positions whose outputs are written together: writing those of each tile by itself takes a tenth longer.</summary>
    private const int MostPositions = 112;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ConvTranspose2dForward _operation;
    private readonly Shape _input;
    private readonly int _groupInputs;
    private readonly int _groupOutputs;
    private readonly int _taps;
    private readonly int _gridHeight;
    private readonly int _gridWidth;
    private readonly int _vectors;
    private readonly int _pairs;
    private readonly nint _pitch;
    private readonly nint _plane;
    private readonly int[] _split;
    private readonly StrideBlockWriter _writer;
    private readonly PlaneJob _planes;
    private readonly WeightSource _weights;

    private float* _inputData;
    private float* _padded;

    public StrideBlocks(WorkerPool workers, BlockedKernels kernels, ConvTranspose2dForward operation, bool constantWeights)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        _input = operation.Input.Shape;
        Conv2dParameters p = operation.Parameters.Convolution;
        (_groupInputs, _groupOutputs) = (_input.C / p.Groups, operation.Output.Shape.C / p.Groups);
        _taps = (p.KernelHeight + p.StrideHeight - 1) / p.StrideHeight;
        _writer = new StrideBlockWriter(kernels, operation.Output.Shape, p);
        (_gridHeight, _gridWidth) = (_writer.GridHeight, _writer.GridWidth);
        _vectors = _writer.Places.Length;
        _pairs = (_vectors + 1) / 2;
        _split = kernels.Split(_gridWidth);
        _pitch = Math.Max(_split.Sum(), _taps - 1 + _input.W);
        _plane = (_taps - 1 + Math.Max(_gridHeight, _input.H)) * _pitch;
        _planes = new PlaneJob(this);
        _weights = new WeightSource(workers, operation.Weight, new StrideBlockWeights(kernels, operation.Weight.Shape, p.Groups, p.StrideHeight, _writer.Places), constantWeights, usedOnce: false, anyMap: false);
    }

    // Rows of a tile past the last column read on into the next row.
    private long PaddedBytes => NativeBuffer.Align(checked((_input.N * _taps * _input.C * _plane + LargestTile) * sizeof(float)));

    public long WorkspaceBytes => _weights.WorkspaceBytes + PaddedBytes;

    /// <summary>What the gradients can compute.</summary>
    public static ConvolutionCondition[] BackwardConditions(BlockedKernels kernels) => [.. Common(kernels), new("1 group", s => s.Parameters.Groups == 1)];

    /// <summary>What it can compute: two vectors of outputs see the same inputs.</summary>
    public static ConvolutionCondition[] Conditions(BlockedKernels kernels) =>
    [
        .. Common(kernels),
        new(
            $"1 group, or outputs of a group x stride x stride a multiple of {2 * kernels.Lanes}",
            s => s.Parameters.Groups == 1 || (long)s.Weight.C * s.Parameters.StrideHeight * s.Parameters.StrideWidth % (2 * kernels.Lanes) == 0),
    ];

    private static ConvolutionCondition[] Common(BlockedKernels kernels) =>
    [
        new("stride 4, 8, 16 or 32", s => s.Parameters is { StrideHeight: 4 or 8 or 16 or 32 } p && p.StrideHeight == p.StrideWidth && p.StrideHeight * p.StrideWidth % kernels.Lanes == 0),
        new("square kernel", s => s.Parameters.KernelHeight == s.Parameters.KernelWidth),
        new("no dilation", s => s.Parameters is { DilationHeight: 1, DilationWidth: 1 }),
    ];

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_operation.Input);
        _weights.Prepare(frame);
        _writer.Bind(frame.Float(_operation.Output), _operation.Bias is null ? null : frame.Float(_operation.Bias));
        _padded = (float*)(frame.Workspace + _weights.WorkspaceBytes);
        _workers.Run(_planes, checked(_input.N * _taps * _input.C));
        _workers.Run(this, checked(_input.N * _gridHeight));
    }

    /// <summary>One item is a row of positions: s rows of outputs, all channels.</summary>
    public void Run(int item, int worker)
    {
        int image = item / _gridHeight;
        int row = item % _gridHeight;
        int lanes = _kernels.Lanes;
        float* products = stackalloc float[2 * MostPositions * LargestVector];
        nint panel = MostPositions * lanes;
        for (int pair = 0; pair < _pairs; pair++)
        {
            int group = _writer.Places[pair * 2].Channel / _groupOutputs;
            float* weights = _weights.Block(0, pair, null);
            int first = 0;
            int done = 0;
            for (int tile = 0; tile < _split.Length; tile++)
            {
                int rows = _split[tile];
                int at = first + done;
                float* a = _padded + (image * _input.C + group * _groupInputs) * _taps * _plane + (_taps - 1 + row) * _pitch + at;
                for (int next = (pair + 1) * 2; Sse.IsSupported && next < Math.Min((pair + 2) * 2, _vectors); next++)
                {
                    _writer.Prefetch(image, row, at, rows, next);
                }

                _kernels.AdjacentRows[rows](_taps, _taps * _groupInputs, a, -_pitch, _plane, weights, products + done * lanes, panel, false);
                done += rows;
                if (tile + 1 < _split.Length && done + _split[tile + 1] <= MostPositions)
                {
                    continue;
                }

                int count = Math.Min(done, _gridWidth - first);
                for (int half = 0; half < 2 && pair * 2 + half < _vectors; half++)
                {
                    _writer.Write(image, row, first, count, pair * 2 + half, products + half * panel);
                }

                first += done;
                done = 0;
            }
        }
    }

    /// <summary>
    /// The input's planes with zeros around them, [group][tap column][C_in], each tap's shifted by its column: all that a row of
    /// taps sees of a position lies at one distance. One item a plane.
    /// </summary>
    private sealed class PlaneJob(StrideBlocks owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            int channels = owner._groupInputs;
            int group = item / channels / owner._taps;
            int shift = item / channels % owner._taps;
            float* target = owner._padded + item * owner._plane;
            float* source = owner._inputData + ((nint)group * channels + item % channels) * owner._input.H * owner._input.W;
            new Span<float>(target, checked((int)owner._plane)).Clear();
            for (int y = 0; y < owner._input.H; y++)
            {
                float* row = target + (owner._taps - 1 + y) * owner._pitch + shift;
                new ReadOnlySpan<float>(source + (nint)y * owner._input.W, owner._input.W).CopyTo(new Span<float>(row, owner._input.W));
            }
        }
    }
}
