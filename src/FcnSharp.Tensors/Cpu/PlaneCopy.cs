using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Writes a batch [N, C, H, W] as planes with zeros around the images. One item a plane.</summary>
internal sealed unsafe class PlaneCopy(WorkerPool workers, Shape input, PlaneLayout layout) : IParallelJob
{
    private float* _source;
    private float* _target;

    /// <summary>Bytes that the copy needs.</summary>
    public long Bytes { get; } = layout.IsDense ? 0 : NativeBuffer.Align(layout.PlaneStride * layout.Phases.Count * input.C * sizeof(float));

    /// <summary>Makes the planes in the memory given, unless the input itself serves, and returns them.</summary>
    public float* Run(float* source, float* memory)
    {
        if (layout.IsDense)
        {
            return source;
        }

        _source = source;
        _target = memory;
        workers.Run(this, checked(input.C * layout.Phases.Count));
        return memory;
    }

    public void Run(int item, int worker)
    {
        int channel = item / layout.Phases.Count;
        (int phaseY, int phaseX) = layout.Phases[item % layout.Phases.Count];
        float* plane = _target + item * (nint)layout.PlaneStride;
        float* end = plane + layout.PlaneStride;
        float* next = Clear(plane, plane + layout.Lead);
        for (int n = 0; n < input.N; n++)
        {
            float* image = _source + ((nint)n * input.C + channel) * input.H * input.W;
            for (int y = 0; y < layout.Height; y++)
            {
                float* rowEnd = next + layout.Pitch;
                long row = (long)y * layout.StepY + phaseY;
                if (row < input.H)
                {
                    next = CopyRow(image + (nint)row * input.W, phaseX, next);
                }

                next = Clear(next, rowEnd);
            }

            next = Clear(next, next + (nint)(layout.RowsPerImage - layout.Height) * layout.Pitch);
        }

        Clear(next, end);
    }

    private float* CopyRow(float* row, int phaseX, float* target)
    {
        if (layout.StepX == 1)
        {
            new ReadOnlySpan<float>(row, input.W).CopyTo(new Span<float>(target, input.W));
            return target + input.W;
        }

        for (long x = phaseX; x < input.W; x += layout.StepX)
        {
            *target++ = row[x];
        }

        return target;
    }

    private static float* Clear(float* from, float* to)
    {
        // Planes can be longer than a span.
        for (; to - from > int.MaxValue; from += int.MaxValue)
        {
            new Span<float>(from, int.MaxValue).Clear();
        }

        new Span<float>(from, (int)(to - from)).Clear();
        return to;
    }
}
