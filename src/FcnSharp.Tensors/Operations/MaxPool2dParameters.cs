namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The geometry of a 2-D max-pooling. Caffe's nets round the output size up (<see cref="CeilMode"/>), torchvision's down.
/// Pixels outside of the input never win.
/// </summary>
/// <param name="KernelSize">Side of the square window, at least 1.</param>
/// <param name="Stride">Pixels between two windows, at least 1.</param>
/// <param name="Padding">Pixels added on each side, less than the window's side.</param>
/// <param name="CeilMode">Whether a window that begins inside of the padded input but ends outside still counts.</param>
public sealed record MaxPool2dParameters(int KernelSize, int Stride, int Padding = 0, bool CeilMode = false)
{
    /// <summary>The output's shape for an input [N, C, H, W].</summary>
    /// <exception cref="FcnSharpException">The window is larger than the padded input, or a parameter is out of range.</exception>
    public Shape OutputShape(Shape input)
    {
        ConvolutionGeometry.AtLeast(1, KernelSize, "pooling window");
        ConvolutionGeometry.AtLeast(1, Stride, "pooling stride");
        ConvolutionGeometry.AtLeast(0, Padding, "pooling padding");
        if (Padding >= KernelSize)
        {
            throw new FcnSharpException($"The pooling padding must be less than the window of {KernelSize}, found {Padding}.");
        }

        return new Shape(input.N, input.C, OutputSize(input.H, "rows"), OutputSize(input.W, "columns"));
    }

    private int OutputSize(int input, string axis)
    {
        ConvolutionGeometry.CheckLength(axis, Math.Max(input + 2L * Padding, KernelSize));
        long free = input + 2L * Padding - KernelSize;
        if (free < 0 && !CeilMode)
        {
            throw new FcnSharpException($"The pooling window covers {KernelSize} {axis}, but the padded input has {input + 2L * Padding}: use a larger image or ceil mode.");
        }

        if (!CeilMode)
        {
            return (int)(free / Stride) + 1;
        }

        // An input smaller than the window still gives one output, so that nets take any image from 1x1 up.
        long size = free <= 0 ? 1 : (free + Stride - 1) / Stride + 1;

        // The last window must begin inside of the input or its leading padding, or it would see padding only.
        return (int)((size - 1) * Stride >= (long)input + Padding ? size - 1 : size);
    }
}
