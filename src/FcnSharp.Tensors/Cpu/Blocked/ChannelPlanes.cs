using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Writes a batch [N, C, H, W] as planes of positions (<see cref="PlaneLayout"/>) whose elements are some vectors of channels side
/// by side: [group][unit of channels][phase of the layout][position][channels of a unit]. Positions outside of the images are
/// 0, as are lanes without a channel in a vector that has some; whole vectors without a channel are left as they are.
/// </summary>
internal sealed unsafe class ChannelPlanes : IParallelJob
{
    /// <summary>Floats of an item, about: enough to outweigh its dispatch.</summary>
    private const long ItemFloats = 16 << 10;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly Shape _input;
    private readonly PlaneLayout _layout;
    private readonly int _groups;
    private readonly int _channels;
    private readonly int _vectors;
    private readonly int _unitVectors;
    private readonly int _units;
    private readonly int _lines;
    private readonly int _linesPerItem;
    private readonly int _parts;
    private float* _source;
    private float* _target;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="input">The images.</param>
    /// <param name="groups">Groups of channels; each begins with a vector of its own.</param>
    /// <param name="layout">Where positions lie.</param>
    /// <param name="unitVectors">Vectors of a unit.</param>
    public ChannelPlanes(WorkerPool workers, BlockedKernels kernels, Shape input, int groups, PlaneLayout layout, int unitVectors)
    {
        (_workers, _kernels, _input, _groups, _layout, _unitVectors) = (workers, kernels, input, groups, layout, unitVectors);
        _channels = input.C / groups;
        _vectors = (_channels + kernels.Lanes - 1) / kernels.Lanes;
        _units = (_vectors + unitVectors - 1) / unitVectors;
        _lines = checked(layout.Images * layout.RowsPerImage);
        _linesPerItem = (int)Math.Clamp(ItemFloats / ((long)layout.Pitch * kernels.Lanes), 1, _lines);
        _parts = (_lines + _linesPerItem - 1) / _linesPerItem;
        UnitElements = checked((nint)layout.PlaneStride * layout.Phases.Count * unitVectors * kernels.Lanes);
    }

    /// <summary>Floats between two positions.</summary>
    public int PositionElements => _unitVectors * _kernels.Lanes;

    /// <summary>Floats between two units.</summary>
    public nint UnitElements { get; }

    /// <summary>Floats between two groups.</summary>
    public nint GroupElements => _units * UnitElements;

    public long Bytes => NativeBuffer.Align(checked(_groups * (long)GroupElements * sizeof(float)));

    public void Run(float* source, float* target)
    {
        _source = source;
        _target = target;
        _workers.Run(this, checked(_groups * _vectors * _layout.Phases.Count * _parts));
    }

    public void Run(int item, int worker)
    {
        int part = item % _parts;
        int phase = item / _parts % _layout.Phases.Count;
        int vector = item / _parts / _layout.Phases.Count % _vectors;
        int group = item / _parts / _layout.Phases.Count / _vectors;
        int lanes = _kernels.Lanes;
        int width = PositionElements;
        int channel = vector * lanes;
        int count = Math.Min(lanes, _channels - channel);
        nint plane = (nint)_input.H * _input.W;
        (int phaseY, int phaseX) = _layout.Phases[phase];
        int columns = phaseX >= _input.W ? 0 : (_input.W - 1 - phaseX) / _layout.StepX + 1;
        float* target = _target + group * GroupElements + vector / _unitVectors * UnitElements + (nint)phase * (nint)_layout.PlaneStride * width + vector % _unitVectors * lanes;
        int end = Math.Min(_lines, (part + 1) * _linesPerItem);
        float* next = target + (part == 0 ? 0 : ((nint)_layout.Lead + (nint)part * _linesPerItem * _layout.Pitch) * width);
        next = part == 0 ? Clear(next, _layout.Lead) : next;
        int rows;
        for (int line = part * _linesPerItem; line < end; line += rows)
        {
            int n = line / _layout.RowsPerImage;
            long row = (long)(line % _layout.RowsPerImage) * _layout.StepY + phaseY;

            // Rows without anything between them are one.
            rows = _layout.IsGapless ? Math.Min(end - line, _input.H - (int)row) : 1;
            int filled = row < _input.H ? columns * rows : 0;
            if (filled > 0)
            {
                float* source = _source + ((nint)n * _input.C + group * _channels + channel) * plane + (nint)row * _input.W + phaseX;
                _kernels.Gather(source, plane, count, filled, _layout.StepX, next, width);
            }

            next = Clear(next + filled * (nint)width, (long)_layout.Pitch * rows - filled);
        }

        if (part == _parts - 1)
        {
            Clear(next, _layout.PlaneStride - _layout.Lead - (long)_lines * _layout.Pitch);
        }
    }

    private float* Clear(float* from, long positions)
    {
        for (; positions > 0; positions--)
        {
            new Span<float>(from, _kernels.Lanes).Clear();
            from += PositionElements;
        }

        return from;
    }
}
