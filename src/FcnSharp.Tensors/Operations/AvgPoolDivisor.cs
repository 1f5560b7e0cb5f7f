namespace FcnSharp.Tensors.Operations;

/// <summary>What an average-pooling divides the sum of a window by, with start = output * stride - padding on each axis.</summary>
public enum AvgPoolDivisor
{
    /// <summary>
    /// The window clipped to the padded input, padding counted: (min(startY + kernel, H + padding) - startY) * (the same of
    /// the columns). Caffe's AVE, and PyTorch's with count_include_pad true, its default.
    /// </summary>
    PaddedWindow,

    /// <summary>
    /// The pixels inside of the input only: (min(startY + kernel, H) - max(startY, 0)) * (the same of the columns). PyTorch's
    /// with count_include_pad false.
    /// </summary>
    ValidPixels,
}
