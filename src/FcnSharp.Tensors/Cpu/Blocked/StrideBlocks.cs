using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    private readonly Shape _output;
    private readonly int _groupInputs;
    private readonly int _groupOutputs;
    private readonly int _stride;
    private readonly int _kernel;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private readonly int _taps;
    private readonly int _gridHeight;
    private readonly int _gridWidth;
    private readonly int _segment;
    private readonly int _segmentRows;
    private readonly int _vectors;
    private readonly int _pairs;
    private readonly nint _pitch;
    private readonly nint _plane;
    private readonly int[] _split;
    private readonly (int Channel, int Y, int X)[] _places;
    private readonly PlaneJob _planes;
    private readonly WeightSource _weights;

    private float* _inputData;
    private float* _biasData;
    private float* _outputData;
    private float* _padded;

    public StrideBlocks(WorkerPool workers, BlockedKernels kernels, ConvTranspose2dForward operation, bool constantWeights)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        (_input, _output) = (operation.Input.Shape, operation.Output.Shape);
        Conv2dParameters p = operation.Parameters.Convolution;
        (_stride, _kernel, _paddingY, _paddingX) = (p.StrideHeight, p.KernelHeight, p.PaddingHeight, p.PaddingWidth);
        (_groupInputs, _groupOutputs) = (_input.C / p.Groups, _output.C / p.Groups);
        _taps = (_kernel + _stride - 1) / _stride;
        _gridHeight = (_output.H - 1 + _paddingY) / _stride + 1;
        _gridWidth = (_output.W - 1 + _paddingX) / _stride + 1;
        _segment = Math.Min(_stride, kernels.Lanes);
        _segmentRows = kernels.Lanes / _segment;
        _vectors = _output.C * _stride * _stride / kernels.Lanes;
        _pairs = (_vectors + 1) / 2;
        _split = kernels.Split(_gridWidth);
        _pitch = Math.Max(_split.Sum(), _taps - 1 + _input.W);
        _plane = (_taps - 1 + Math.Max(_gridHeight, _input.H)) * _pitch;
        int vectorsPerChannel = _stride * _stride / kernels.Lanes;
        _places = [.. Enumerable.Range(0, _vectors).Select(v => (v / vectorsPerChannel, v % vectorsPerChannel * kernels.Lanes / _stride, v % vectorsPerChannel * kernels.Lanes % _stride))];
        _planes = new PlaneJob(this);
        _weights = new WeightSource(workers, operation.Weight, new StrideBlockWeights(kernels, operation.Weight.Shape, p.Groups, _stride, _places), constantWeights, usedOnce: false, anyMap: false);
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
        _biasData = _operation.Bias is null ? null : frame.Float(_operation.Bias);
        _outputData = frame.Float(_operation.Output);
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
            int group = _places[pair * 2].Channel / _groupOutputs;
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
                    Prefetch(image, row, at, rows, next);
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
                    Scatter(image, row, first, count, pair * 2 + half, products + half * panel);
                }

                first += done;
                done = 0;
            }
        }
    }

    /// <summary>
    /// Asks for the lines that <see cref="Scatter"/> will write of a vector of outputs, one pair of vectors ahead: outputs are larger than the caches, and
    /// stores wait for their lines one after the other.
    /// </summary>
    private void Prefetch(int image, int row, int first, int count, int vector)
    {
        (int channel, int firstY, int firstX) = _places[vector];
        int x = Math.Max(0, first * _stride + firstX - _paddingX);
        int end = Math.Min(_output.W, (first + count) * _stride + firstX - _paddingX);
        for (int r = 0; r < _segmentRows; r++)
        {
            int y = row * _stride + firstY + r - _paddingY;
            if (y < 0 || y >= _output.H)
            {
                continue;
            }

            float* target = _outputData + (((nint)image * _output.C + channel) * _output.H + y) * _output.W;
            for (int i = x; i < end; i += CacheShape.LineFloats)
            {
                Sse.Prefetch1(target + i);
            }
        }
    }

    /// <summary>Writes one vector of outputs of some positions.</summary>
    private void Scatter(int image, int row, int first, int count, int vector, float* products)
    {
        int lanes = _kernels.Lanes;
        (int channel, int firstY, int firstX) = _places[vector];
        if (_biasData != null)
        {
            for (int i = 0; i < count * lanes; i++)
            {
                products[i] += _biasData[channel];
            }
        }

        nint plane = (nint)_output.H * _output.W;
        for (int r = 0; r < _segmentRows; r++)
        {
            int y = row * _stride + firstY + r - _paddingY;
            if (y < 0 || y >= _output.H)
            {
                continue;
            }

            int x = first * _stride + firstX - _paddingX;
            float* target = _outputData + ((nint)image * _output.C + channel) * plane + (nint)y * _output.W;
            float* source = products + r * _segment;
            int begin = 0;
            int end = count;
            if (x >= 0 && x + (count - 1) * _stride + _segment <= _output.W)
            {
                Copy(source, target + x, count);
                continue;
            }

            for (; begin < end && x + begin * _stride < 0; begin++)
            {
                CopyInside(source + begin * lanes, target, x + begin * _stride);
            }

            for (; begin < end && x + (end - 1) * _stride + _segment > _output.W; end--)
            {
                CopyInside(source + (end - 1) * lanes, target, x + (end - 1) * _stride);
            }

            Copy(source + begin * lanes, target + x + begin * _stride, end - begin);
        }
    }

    /// <summary>A segment that reaches over an end of the row.</summary>
    private void CopyInside(float* source, float* target, int x)
    {
        for (int i = Math.Max(0, -x); i < Math.Min(_segment, _output.W - x); i++)
        {
            target[x + i] = source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(float* source, float* target, int count)
    {
        int lanes = _kernels.Lanes;
        int stride = _stride;
        switch (_segment)
        {
            case 16:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector512.Load(source).Store(target);
                }

                break;
            case 8:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector256.Load(source).Store(target);
                }

                break;
            default:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector128.Load(source).Store(target);
                }

                break;
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
