using FcnSharp.Layers;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Graph;

/// <summary>What a layer's output sees of its input along one axis: a window that moves.</summary>
/// <param name="Extent">Pixels from the first to the last that one output sees; of a transposed convolution, outputs that one input adds to.</param>
/// <param name="Stride">Pixels between two windows; of a transposed convolution, output pixels between two inputs.</param>
/// <param name="Padding">Pixels added before the input; of a transposed convolution, cut from the output.</param>
/// <param name="CeilMode">Whether the number of windows is rounded up.</param>
/// <param name="Transposed">Whether the output is the finer side.</param>
internal readonly record struct LayerWindow(int Extent, int Stride, int Padding, bool CeilMode = false, bool Transposed = false)
{
    /// <summary>The window of a layer; null for a layer whose output sees what lies at its own place or is of another kind.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="vertical">Along the rows or along the columns.</param>
    public static LayerWindow? Of(Layer layer, bool vertical) => layer switch
    {
        Conv2dLayer { Geometry: { } g } => vertical
            ? new(Spread(g.KernelHeight, g.DilationHeight), g.StrideHeight, g.PaddingHeight)
            : new(Spread(g.KernelWidth, g.DilationWidth), g.StrideWidth, g.PaddingWidth),
        ConvTranspose2dLayer { Geometry: { } g } => vertical
            ? new(Spread(g.KernelHeight, g.DilationHeight), g.StrideHeight, g.PaddingHeight, Transposed: true)
            : new(Spread(g.KernelWidth, g.DilationWidth), g.StrideWidth, g.PaddingWidth, Transposed: true),
        FullyConnectedLayer { Weight.Shape: { } w } => new(vertical ? w.H : w.W, 1, 0),
        MaxPool2dLayer { Geometry: { } g } => new(g.KernelSize, g.Stride, g.Padding, g.CeilMode),
        AvgPool2dLayer { Geometry: { } g } => new(g.KernelSize, g.Stride, g.Padding, g.CeilMode),
        _ => null,
    };

    private static int Spread(int kernel, int dilation) => dilation * (kernel - 1) + 1;
}
