namespace FcnSharp.Tensors.Operations;

/// <summary>
/// A border of one number around each plane: output[n, c, y, x] = input[n, c, y - Top, x - Left] where that lies in the input,
/// else <see cref="Value"/>.
/// </summary>
/// <param name="Top">Rows added above, at least 0.</param>
/// <param name="Bottom">Rows added below, at least 0.</param>
/// <param name="Left">Columns added at the left, at least 0.</param>
/// <param name="Right">Columns added at the right, at least 0.</param>
public sealed record Pad2dParameters(int Top, int Bottom, int Left, int Right)
{
    /// <summary>What the border holds.</summary>
    public float Value { get; init; }

    /// <summary>The same border on all four sides.</summary>
    public static Pad2dParameters Square(int padding, float value = 0) => new(padding, padding, padding, padding) { Value = value };

    /// <summary>The output's shape for an input [N, C, H, W]: H + Top + Bottom, W + Left + Right.</summary>
    /// <exception cref="FcnSharpException">A border is negative, or the output would be larger than there are indices for.</exception>
    public Shape OutputShape(Shape input)
    {
        if (Top < 0 || Bottom < 0 || Left < 0 || Right < 0)
        {
            throw new FcnSharpException($"Padding must be at least 0, found top {Top}, bottom {Bottom}, left {Left}, right {Right}: use a crop to make an image smaller.");
        }

        long height = (long)input.H + Top + Bottom;
        long width = (long)input.W + Left + Right;
        ConvolutionGeometry.CheckLength("rows", height);
        ConvolutionGeometry.CheckLength("columns", width);
        return new Shape(input.N, input.C, (int)height, (int)width);
    }
}
