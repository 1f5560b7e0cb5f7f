namespace FcnSharp.Tensors.Operations;

/// <summary>
/// The geometry of a 2-D average-pooling: the sum of the window's pixels that lie inside of the input, over a divisor
/// (<see cref="AvgPoolDivisor"/>). Output sizes are those of <see cref="MaxPool2dParameters"/>, which are PyTorch's; Caffe
/// always rounds up, and keeps a last window beyond an unpadded input, which happens only if the stride exceeds the window.
/// </summary>
/// <param name="KernelSize">Side of the square window, at least 1.</param>
/// <param name="Stride">Pixels between two windows, at least 1.</param>
/// <param name="Padding">Pixels of zeros added on each side, less than the window's side.</param>
/// <param name="CeilMode">Whether a window that begins inside of the padded input but ends outside still counts.</param>
/// <param name="Divisor">What the sum is divided by.</param>
public sealed record AvgPool2dParameters(int KernelSize, int Stride, int Padding = 0, bool CeilMode = false, AvgPoolDivisor Divisor = AvgPoolDivisor.PaddedWindow)
{
    /// <summary>The output's shape for an input [N, C, H, W].</summary>
    /// <exception cref="FcnSharpException">The window is larger than the padded input, or a parameter is out of range.</exception>
    public Shape OutputShape(Shape input)
    {
        if (Divisor is not (AvgPoolDivisor.PaddedWindow or AvgPoolDivisor.ValidPixels))
        {
            throw new FcnSharpException($"There is no average-pooling divisor {(int)Divisor}: use PaddedWindow or ValidPixels.");
        }

        return new MaxPool2dParameters(KernelSize, Stride, Padding, CeilMode).OutputShape(input);
    }

    /// <summary>
    /// The window of an output along one axis: the input pixels First to End - 1, and how many count in the divisor. That is
    /// at least 1: no output's window begins behind the input.
    /// </summary>
    internal (int First, int End, int Counted) Window(int output, int size)
    {
        int start = output * Stride - Padding;
        int first = Math.Max(0, start);
        int end = Math.Min(size, start + KernelSize);
        return (first, end, Divisor == AvgPoolDivisor.ValidPixels ? end - first : Math.Min(start + KernelSize, size + Padding) - start);
    }
}
