using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Windows over a plane, for kernels that take one plane at a time.</summary>
internal readonly record struct PoolGeometry(int Height, int Width, int ToHeight, int ToWidth, int Size, int Stride, int Padding)
{
    public static PoolGeometry Of(MaxPool2dParameters parameters, Shape from, Shape to) =>
        new(from.H, from.W, to.H, to.W, parameters.KernelSize, parameters.Stride, parameters.Padding);

    /// <summary>Whether windows are the 2x2 squares that tile the plane; the last may be cut off.</summary>
    public bool IsPairs => Size == 2 && Stride == 2 && Padding == 0;

    /// <summary>First output whose window begins inside of the row.</summary>
    public int FirstInside => Math.Min(ToWidth, (Padding + Stride - 1) / Stride);

    /// <summary>The output behind the last whose window ends inside of the row; not before <see cref="FirstInside"/>.</summary>
    public int EndInside => Math.Max(FirstInside, Width + Padding < Size ? 0 : Math.Min(ToWidth, (Width + Padding - Size) / Stride + 1));

    /// <summary>Pixels that the last window reaches past the row.</summary>
    public int Overhang => Math.Max(0, (ToWidth - 1) * Stride - Padding + Size - Width);
}
