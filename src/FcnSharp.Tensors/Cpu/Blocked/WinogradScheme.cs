namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Winograd's minimal filtering F(m x m, r x r) after Lavin and Gray (2016): a tile of t x t inputs, t = m + r - 1, and the
/// r x r kernel are transformed to t x t points, multiplied there, and transformed back to m x m outputs: t * t
/// multiplications instead of m * m * r * r. Along one axis a transform evaluates polynomials at the points 0, 1, -1 (and 2, -2
/// when t is 6 or 8, and 1/2, -1/2 when it is 8) and infinity.
/// </summary>
/// <param name="Outputs">m, the edge of the tile of outputs.</param>
/// <param name="Kernel">r, the edge of the kernel.</param>
internal sealed record WinogradScheme(int Outputs, int Kernel)
{
    /// <summary>Convolution of 3x3, 2.25 times fewer multiplications than direct; its transformed weights are the smallest.</summary>
    public static WinogradScheme Conv3x3Tiny { get; } = new(2, 3);

    /// <summary>Convolution of 3x3, 4 times fewer multiplications than direct; its transformed weights are smaller.</summary>
    public static WinogradScheme Conv3x3Small { get; } = new(4, 3);

    /// <summary>Convolution of 3x3, 5.06 times fewer multiplications than direct.</summary>
    public static WinogradScheme Conv3x3Large { get; } = new(6, 3);

    /// <summary>Convolution of 5x5, 6.25 times fewer multiplications than direct: GoogLeNet's modules and AlexNet's conv2.</summary>
    public static WinogradScheme Conv5x5 { get; } = new(4, 5);

    /// <summary>Convolution of 7x7, 3.06 times fewer multiplications than direct: VGG16's fc6.</summary>
    public static WinogradScheme Conv7x7 { get; } = new(2, 7);

    /// <summary>Convolution of 1x1: a pixel is its own point, nothing is transformed or saved.</summary>
    public static WinogradScheme Pointwise { get; } = new(1, 1);

    /// <summary>t, the edge of the tile of inputs and of points.</summary>
    public int Tile => Outputs + Kernel - 1;

    /// <summary>t * t.</summary>
    public int PointCount => Tile * Tile;

    /// <inheritdoc/>
    public override string ToString() => $"winograd F({Outputs}x{Outputs},{Kernel}x{Kernel})";
}
