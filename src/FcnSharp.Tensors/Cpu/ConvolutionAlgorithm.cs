using FcnSharp.Tensors.Cpu.Blocked;

namespace FcnSharp.Tensors.Cpu;

/// <summary>A way to compute convolutions.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="Scheme">The transform of minimal filtering, if it is that.</param>
internal sealed record ConvolutionAlgorithm(string Name, WinogradScheme? Scheme = null)
{
    /// <summary>F(2x2,3x3).</summary>
    public static ConvolutionAlgorithm TinyTiles { get; } = Of(WinogradScheme.Conv3x3Tiny);

    /// <summary>F(4x4,3x3).</summary>
    public static ConvolutionAlgorithm SmallTiles { get; } = Of(WinogradScheme.Conv3x3Small);

    /// <summary>F(6x6,3x3).</summary>
    public static ConvolutionAlgorithm LargeTiles { get; } = Of(WinogradScheme.Conv3x3Large);

    /// <summary>F(4x4,5x5).</summary>
    public static ConvolutionAlgorithm Tiles5x5 { get; } = Of(WinogradScheme.Conv5x5);

    /// <summary>F(2x2,7x7).</summary>
    public static ConvolutionAlgorithm Tiles7x7 { get; } = Of(WinogradScheme.Conv7x7);

    /// <summary>A pixel is its own point.</summary>
    public static ConvolutionAlgorithm Pointwise { get; } = new("matrix product on vectors of channels", WinogradScheme.Pointwise);

    /// <summary>Sums over taps on vectors of channels.</summary>
    public static ConvolutionAlgorithm Direct { get; } = new("sums over taps on vectors of channels");

    /// <summary>Sums over pixels whose few channels lie side by side.</summary>
    public static ConvolutionAlgorithm FirstLayer { get; } = new("sums over interleaved pixels");

    /// <summary>Rows of the three channels of an image, each vector that is read serving all of them.</summary>
    public static ConvolutionAlgorithm ImageRows { get; } = new("rows of three planes at once");

    /// <summary>Blocks of stride x stride outputs as columns of a matrix product.</summary>
    public static ConvolutionAlgorithm StrideBlocks { get; } = new("blocks of stride x stride outputs");

    /// <summary>The same with fewer products, F(3x3,2x2) of blocks.</summary>
    public static ConvolutionAlgorithm StrideTiles { get; } = new($"{StrideBlockTiles.Scheme} on blocks of stride x stride outputs");

    /// <summary>Each channel by itself, vectors along its rows.</summary>
    public static ConvolutionAlgorithm Depthwise { get; } = new("each plane by itself");

    /// <summary>Matrix products on the planes as they lie.</summary>
    public static ConvolutionAlgorithm Planes { get; } = new("matrix product on whole planes");

    /// <summary>Sums over the pixels of planes as they lie, times vectors of channels.</summary>
    public static ConvolutionAlgorithm Pixels { get; } = new("sums over pixels of whole planes");

    /// <summary>A product of matrices whose result lies as the weights do.</summary>
    public static ConvolutionAlgorithm Matrix { get; } = new("matrix product to the weights as they lie");

    /// <summary>Shifted runs of zero-padded planes, pixels side by side.</summary>
    public static ConvolutionAlgorithm PlaneRuns { get; } = new("shifted runs of planes");

    private static ConvolutionAlgorithm Of(WinogradScheme scheme) => new(scheme.ToString(), scheme);
}
