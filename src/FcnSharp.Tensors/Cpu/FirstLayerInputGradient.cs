using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Data gradient of a convolution of images, whose three channels fill no vector: vectors run along rows, and what a tap sees of a plane serves
/// all three. Rows of some planes get their zeros in a scratch that the nearest cache holds, so the gradient, the largest of all here, is
/// read once and never copied as a whole. A stride falls into phases, each with the taps that fall on it, whose columns are interleaved at the end.
/// One item is some rows of each phase of an image, which sums over all planes in their order, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class FirstLayerInputGradient : IKernel, IParallelJob
{
    /// <summary>Channels of the images.</summary>
    public const int Channels = 3;

    /// <summary>Rows of an item in each phase: more would leave the nearest cache, fewer would read more rows of the gradient twice.</summary>
    private const int RowsPerItem = 4;

    /// <summary>Floats of the rows of planes that are seen at a time: fewer read and write the sums more often, more leave a worker's own cache.</summary>
    private const int SeenFloats = 16 << 10;

    /// <summary>Planes that are seen at a time, at most: sums are read and written once for all of them.</summary>
    private const int MostPlanes = 8;

    /// <summary>Strides up to which a phase has taps enough to outweigh its sums.</summary>
    private const int MostStride = 4;

    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly Conv2dBackwardInput _operation;
    private readonly ConvolutionPhase[] _phases;
    private readonly Shape _gradient;
    private readonly Shape _target;
    private readonly int _taps;
    private readonly int _top;
    private readonly int _margin;
    private readonly int _columns;
    private readonly int _pitch;
    private readonly int _seenRows;
    private readonly int _planes;
    private readonly int _rowItems;
    private readonly nint[][] _offsets;

    private float* _gradientData;
    private float* _targetData;
    private float* _weights;
    private byte* _scratch;

    public FirstLayerInputGradient(WorkerPool workers, KernelSet kernels, Conv2dBackwardInput operation)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        (_gradient, _target) = (operation.GradOutput.Shape, operation.GradInput.Shape);
        Conv2dParameters p = operation.Parameters;
        _phases = ConvolutionPhase.ToFine(p, _target);
        _taps = p.KernelHeight * p.KernelWidth;
        ConvolutionTap[] taps = [.. _phases.SelectMany(phase => phase.Taps)];
        (int firstX, int lastX) = (taps.Min(t => t.OffsetX), taps.Max(t => t.OffsetX));
        _top = taps.Min(t => t.OffsetY);

        // Zeros before the first column of the gradient that a tap can see, and room behind for whole vectors.
        _margin = Math.Max(0, -firstX);
        int step = 4 * kernels.Lanes;
        _columns = checked((_phases[0].GridWidth + step - 1) / step * step);
        _pitch = checked((Math.Max(_columns + Math.Max(0, lastX), _gradient.W) + _margin + step - 1) / step * step);
        _seenRows = checked(RowsPerItem + taps.Max(t => t.OffsetY) - _top);
        _planes = Math.Clamp(SeenFloats / checked(_seenRows * _pitch), 1, Math.Min(MostPlanes, _gradient.C));
        _rowItems = (_phases[0].GridHeight + RowsPerItem - 1) / RowsPerItem;
        _offsets = [.. _phases.Select(Offsets)];
    }

    public long WorkspaceBytes => WeightBytes + WorkerBytes * _workers.Threads;

    private long WeightBytes => NativeBuffer.Align(checked((long)_gradient.C * _taps * Channels * sizeof(float)));

    private long SeenBytes => NativeBuffer.Align(checked((long)_planes * PlaneElements * sizeof(float)));

    private int PlaneElements => checked(_seenRows * _pitch);

    private nint SumsPlane => RowsPerItem * (nint)_columns;

    private long WorkerBytes => SeenBytes + NativeBuffer.Align(checked(_phases.Length * (long)Channels * SumsPlane * sizeof(float)));

    /// <summary>What it can compute; <paramref name="mostReach"/> bounds the rows, and the padding, that an item looks at besides its own.</summary>
    public static ConvolutionCondition[] Conditions(int mostReach) =>
    [
        new($"{Channels} inputs, one group", s => s.Parameters.Groups == 1 && s.Inputs == Channels),
        new($"stride up to {MostStride}", s => Math.Max(s.Parameters.StrideHeight, s.Parameters.StrideWidth) <= MostStride),
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
        float* seen = (float*)(_scratch + worker * WorkerBytes);
        float* sums = (float*)((byte*)seen + SeenBytes);
        new Span<float>(sums, checked((int)(_phases.Length * Channels * SumsPlane))).Clear();

        // Zeros around the planes stay; what lies between is written anew for each.
        new Span<float>(seen, checked(_planes * PlaneElements)).Clear();
        for (int channel = 0; channel < _gradient.C; channel += _planes)
        {
            int planes = Math.Min(_planes, _gradient.C - channel);
            for (int i = 0; i < planes; i++)
            {
                CopyRows(image, channel + i, first, seen + (nint)i * PlaneElements);
            }

            // A phase's weights of all planes follow those of the phases before it.
            float* weights = _weights;
            for (int i = 0; i < _phases.Length; i++)
            {
                int taps = _phases[i].Taps.Length;
                fixed (nint* offsets = _offsets[i])
                {
                    _kernels.Planes.AddTaps(seen, _pitch, offsets, weights + (nint)channel * taps * Channels, planes * taps, sums + i * Channels * SumsPlane, SumsPlane, Math.Min(RowsPerItem, _phases[i].GridHeight - first), _columns);
                }

                weights += (nint)_gradient.C * taps * Channels;
            }
        }

        for (int i = 0; i < _phases.Length; i++)
        {
            Store(_phases[i], image, first, sums + i * Channels * SumsPlane);
        }
    }

    private static int Reach(Conv2dParameters p) => (int)Math.Min(
        int.MaxValue,
        Math.Max(Math.Max((long)p.DilationHeight * p.KernelHeight, (long)p.DilationWidth * p.KernelWidth), Math.Max(p.PaddingHeight, p.PaddingWidth)));

    /// <summary>Where the taps of a phase see the planes, from the first pixel of an item's rows.</summary>
    private nint[] Offsets(ConvolutionPhase phase)
    {
        nint[] offsets = new nint[_planes * phase.Taps.Length];
        for (int i = 0; i < offsets.Length; i++)
        {
            ConvolutionTap tap = phase.Taps[i % phase.Taps.Length];
            offsets[i] = i / phase.Taps.Length * (nint)PlaneElements + (nint)(tap.OffsetY - _top) * _pitch + _margin + tap.OffsetX;
        }

        return offsets;
    }

    /// <summary>Weights [C_out, 3, k, k] as [phase][C_out][tap of the phase][3].</summary>
    private void PackWeights(float* weights)
    {
        float* target = _weights;
        foreach (ConvolutionPhase phase in _phases)
        {
            for (int channel = 0; channel < _gradient.C; channel++)
            {
                foreach (ConvolutionTap tap in phase.Taps)
                {
                    for (int c = 0; c < Channels; c++)
                    {
                        *target++ = weights[((nint)channel * Channels + c) * _taps + tap.KernelIndex];
                    }
                }
            }
        }
    }

    /// <summary>The rows of a plane that the taps of rows from <paramref name="first"/> on see, zeros where there are none.</summary>
    private void CopyRows(int image, int channel, int first, float* seen)
    {
        int top = first + _top;
        float* plane = _gradientData + ((nint)image * _gradient.C + channel) * _gradient.H * _gradient.W;
        for (int row = 0; row < _seenRows; row++)
        {
            if (top + row >= 0 && top + row < _gradient.H)
            {
                new ReadOnlySpan<float>(plane + (nint)(top + row) * _gradient.W, _gradient.W).CopyTo(new Span<float>(seen + (nint)row * _pitch + _margin, _gradient.W));
            }
        }
    }

    /// <summary>Writes the rows of a phase to every stride-th row and column of the target.</summary>
    private void Store(ConvolutionPhase phase, int image, int first, float* sums)
    {
        for (int channel = 0; channel < Channels; channel++)
        {
            for (int row = 0; row < Math.Min(RowsPerItem, phase.GridHeight - first); row++)
            {
                nint y = (first + row) * (nint)phase.OutputStepY + phase.OutputOffsetY;
                float* to = _targetData + ((((nint)image * Channels + channel) * _target.H) + y) * _target.W + phase.OutputOffsetX;
                float* from = sums + channel * SumsPlane + row * (nint)_columns;
                if (phase.OutputStepX == 1)
                {
                    new ReadOnlySpan<float>(from, phase.GridWidth).CopyTo(new Span<float>(to, phase.GridWidth));
                    continue;
                }

                for (int x = 0; x < phase.GridWidth; x++)
                {
                    to[x * phase.OutputStepX] = from[x];
                }
            }
        }
    }
}
