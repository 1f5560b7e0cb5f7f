using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Data gradient of a convolution of images, whose three channels fill no vector: vectors run along rows, and what a tap sees of a plane serves
/// all three. Rows of a plane get their zeros in a scratch that the nearest cache holds, so the gradient, the largest of all here, is
/// read once and never copied as a whole. One item is some rows of an image, which sums over all planes in their order, so the bits do
/// not depend on the threads.
/// </summary>
internal sealed unsafe class FirstLayerInputGradient : IKernel, IParallelJob
{
    /// <summary>Channels of the images.</summary>
    public const int Channels = 3;

    /// <summary>Rows of an item: more would leave the nearest cache, fewer would read more rows of the gradient twice.</summary>
    private const int RowsPerItem = 4;

    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly Conv2dBackwardInput _operation;
    private readonly Conv2dParameters _parameters;
    private readonly Shape _gradient;
    private readonly Shape _target;
    private readonly int _taps;
    private readonly int _margin;
    private readonly int _columns;
    private readonly int _pitch;
    private readonly int _seenRows;
    private readonly int _rowItems;
    private readonly nint[] _offsets;

    private float* _gradientData;
    private float* _targetData;
    private float* _weights;
    private byte* _scratch;

    public FirstLayerInputGradient(WorkerPool workers, KernelSet kernels, Conv2dBackwardInput operation)
    {
        (_workers, _kernels, _operation, _parameters) = (workers, kernels, operation, operation.Parameters);
        (_gradient, _target) = (operation.GradOutput.Shape, operation.GradInput.Shape);
        Conv2dParameters p = _parameters;
        (int reachY, int reachX) = (p.DilationHeight * (p.KernelHeight - 1), p.DilationWidth * (p.KernelWidth - 1));
        _taps = p.KernelHeight * p.KernelWidth;

        // Zeros before the first column of the gradient that a tap can see, and room behind for whole vectors.
        _margin = Math.Max(0, reachX - p.PaddingWidth);
        int step = 4 * kernels.Lanes;
        _columns = checked((_target.W + step - 1) / step * step);
        _pitch = checked((Math.Max(_columns + p.PaddingWidth, _gradient.W) + _margin + step - 1) / step * step);
        _seenRows = checked(RowsPerItem + reachY);
        _rowItems = (_target.H + RowsPerItem - 1) / RowsPerItem;
        _offsets = [.. Enumerable.Range(0, _taps).Select(t => (nint)(reachY - t / p.KernelWidth * p.DilationHeight) * _pitch + _margin + p.PaddingWidth - t % p.KernelWidth * p.DilationWidth)];
    }

    public long WorkspaceBytes => WeightBytes + WorkerBytes * _workers.Threads;

    private long WeightBytes => NativeBuffer.Align(checked((long)_gradient.C * _taps * Channels * sizeof(float)));

    private long SeenBytes => NativeBuffer.Align(checked((long)_seenRows * _pitch * sizeof(float)));

    private long WorkerBytes => SeenBytes + NativeBuffer.Align(checked((long)Channels * RowsPerItem * _columns * sizeof(float)));

    /// <summary>What it can compute; <paramref name="mostReach"/> bounds the rows, and the padding, that an item looks at besides its own.</summary>
    public static ConvolutionCondition[] Conditions(int mostReach) =>
    [
        new($"{Channels} inputs, one group", s => s.Parameters.Groups == 1 && s.Inputs == Channels),
        new("stride 1", s => s.Parameters is { StrideHeight: 1, StrideWidth: 1 }),
        new($"kernel x dilation and padding up to {mostReach}", s => Reach(s.Parameters) <= mostReach),
    ];

    public void Execute(KernelFrame frame)
    {
        _gradientData = frame.Float(_operation.GradOutput);
        _targetData = frame.Float(_operation.GradInput);
        _weights = (float*)frame.Workspace;
        _scratch = frame.Workspace + WeightBytes;
        PackWeights(frame.Float(_operation.Weight));
        _workers.Run(this, checked(_target.N * _rowItems));
    }

    public void Run(int item, int worker)
    {
        int image = item / _rowItems;
        int first = item % _rowItems * RowsPerItem;
        int rows = Math.Min(RowsPerItem, _target.H - first);
        float* seen = (float*)(_scratch + worker * WorkerBytes);
        float* sums = (float*)((byte*)seen + SeenBytes);
        nint plane = RowsPerItem * (nint)_columns;
        new Span<float>(sums, checked((int)(Channels * plane))).Clear();

        // Zeros around the plane stay; what lies between is written anew for each.
        new Span<float>(seen, checked(_seenRows * _pitch)).Clear();
        fixed (nint* offsets = _offsets)
        {
            for (int channel = 0; channel < _gradient.C; channel++)
            {
                CopyRows(image, channel, first, seen);
                _kernels.Planes.AddTaps(seen, _pitch, offsets, _weights + (nint)channel * _taps * Channels, _taps, sums, plane, rows, _columns);
            }
        }

        for (int channel = 0; channel < Channels; channel++)
        {
            for (int row = 0; row < rows; row++)
            {
                float* to = _targetData + ((((nint)image * Channels + channel) * _target.H) + first + row) * _target.W;
                new ReadOnlySpan<float>(sums + channel * plane + row * (nint)_columns, _target.W).CopyTo(new Span<float>(to, _target.W));
            }
        }
    }

    private static int Reach(Conv2dParameters p) => (int)Math.Min(
        int.MaxValue,
        Math.Max(Math.Max((long)p.DilationHeight * p.KernelHeight, (long)p.DilationWidth * p.KernelWidth), Math.Max(p.PaddingHeight, p.PaddingWidth)));

    /// <summary>Weights [C_out, 3, k, k] as [C_out][tap][3].</summary>
    private void PackWeights(float* weights)
    {
        for (int channel = 0; channel < _gradient.C; channel++)
        {
            for (int c = 0; c < Channels; c++)
            {
                for (int tap = 0; tap < _taps; tap++)
                {
                    _weights[((nint)channel * _taps + tap) * Channels + c] = weights[((nint)channel * Channels + c) * _taps + tap];
                }
            }
        }
    }

    /// <summary>The rows of a plane that the taps of rows from <paramref name="first"/> on see, zeros where there are none.</summary>
    private void CopyRows(int image, int channel, int first, float* seen)
    {
        int top = first + _parameters.PaddingHeight - (_seenRows - RowsPerItem);
        float* plane = _gradientData + ((nint)image * _gradient.C + channel) * _gradient.H * _gradient.W;
        for (int row = 0; row < _seenRows; row++)
        {
            if (top + row >= 0 && top + row < _gradient.H)
            {
                new ReadOnlySpan<float>(plane + (nint)(top + row) * _gradient.W, _gradient.W).CopyTo(new Span<float>(seen + (nint)row * _pitch + _margin, _gradient.W));
            }
        }
    }
}
