using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// One plane with as many zeros around it as the taps of a convolution of stride 1 see, in a worker's own memory, and the
/// taps' shifts in it.
/// </summary>
internal sealed unsafe class PaddedPlane
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _top;
    private readonly int _left;
    private readonly long _rows;
    private readonly long _elements;

    /// <param name="p">The convolution.</param>
    /// <param name="from">What it is of.</param>
    /// <param name="to">Its result.</param>
    /// <param name="backward">Whether <paramref name="to"/> is the gradient of its input, and <paramref name="from"/> that of its output.</param>
    /// <param name="overread">Floats that kernels may read past the end of a row.</param>
    public PaddedPlane(Conv2dParameters p, Shape from, Shape to, bool backward, int overread)
    {
        (_height, _width) = (from.H, from.W);
        int reachY = (p.KernelHeight - 1) * p.DilationHeight;
        int reachX = (p.KernelWidth - 1) * p.DilationWidth;
        int paddingY = backward ? reachY - p.PaddingHeight : p.PaddingHeight;
        int paddingX = backward ? reachX - p.PaddingWidth : p.PaddingWidth;
        (_top, _left) = (Math.Max(0, paddingY), Math.Max(0, paddingX));

        // Padding beyond the kernel's reach is cut off by a data gradient: its taps begin inside of the plane.
        _rows = Math.Max((long)_top + _height, (long)to.H + reachY + _top - paddingY);
        Pitch = checked((nint)Math.Max((long)_left + _width, (long)to.W + reachX + _left - paddingX));
        _elements = checked(_rows * Pitch + overread);
        int taps = p.KernelHeight * p.KernelWidth;
        Offsets = GC.AllocateArray<nint>((taps + 2) / 3 * 3, pinned: true);
        for (int t = 0; t < Offsets.Length; t++)
        {
            // A data gradient sees the taps in reverse; what pads to threes is computed and thrown away.
            int tap = Math.Min(t, taps - 1);
            tap = backward ? taps - 1 - tap : tap;
            Offsets[t] = (tap / p.KernelWidth * p.DilationHeight + _top - paddingY) * Pitch + tap % p.KernelWidth * p.DilationWidth + _left - paddingX;
        }
    }

    /// <summary>Floats between two rows.</summary>
    public nint Pitch { get; }

    /// <summary>The taps' shifts in floats, in the order of the weights, up to a multiple of three.</summary>
    public nint[] Offsets { get; }

    /// <summary>Bytes of memory that it needs.</summary>
    public long Bytes => NativeBuffer.Align(checked(_elements * sizeof(float)));

    /// <summary>Makes the zeros, once for all planes that are loaded into this memory.</summary>
    public void Clear(float* memory)
    {
        for (long i = 0; i < _elements; i += int.MaxValue)
        {
            new Span<float>(memory + i, (int)Math.Min(int.MaxValue, _elements - i)).Clear();
        }
    }

    /// <summary>Copies a plane into its zeros.</summary>
    public void Load(float* source, float* memory)
    {
        float* target = memory + _top * Pitch + _left;
        for (int y = 0; y < _height; y++, source += _width, target += Pitch)
        {
            new ReadOnlySpan<float>(source, _width).CopyTo(new Span<float>(target, _width));
        }
    }
}
