using FcnSharp.Graph;
using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>
/// A classifier's answers all over an image (FCN, section 3.1, figure 2): for each class a coarse map of probabilities, whose cells
/// lie on a regular grid over the image.
/// </summary>
public sealed class ClassMap
{
    private readonly Tensor _probabilities;
    private readonly double _imageHeight;
    private readonly double _imageWidth;

    /// <summary>Creates a map.</summary>
    /// <param name="probabilities">[1, classes, rows, columns].</param>
    /// <param name="rows">Where the rows of cells lie on the image that was computed.</param>
    /// <param name="columns">Where the columns lie.</param>
    /// <param name="height">That image's height in pixels.</param>
    /// <param name="width">Its width.</param>
    internal ClassMap(Tensor probabilities, PixelGrid rows, PixelGrid columns, int height, int width)
    {
        _probabilities = probabilities;
        (RowGrid, ColumnGrid, _imageHeight, _imageWidth) = (rows, columns, height, width);
    }

    /// <summary>How many classes there are.</summary>
    public int Classes => _probabilities.Shape.C;

    /// <summary>Rows of cells.</summary>
    public int Rows => _probabilities.Shape.H;

    /// <summary>Columns of cells.</summary>
    public int Columns => _probabilities.Shape.W;

    /// <summary>Where the rows lie on the image that was computed.</summary>
    public PixelGrid RowGrid { get; }

    /// <summary>Where the columns lie on the image that was computed.</summary>
    public PixelGrid ColumnGrid { get; }

    /// <summary>The map of one class, from 0 to 1, row by row.</summary>
    public ReadOnlySpan<float> Of(int index) => _probabilities.Span.Slice(index * Rows * Columns, Rows * Columns);

    /// <summary>The highest probability of a class anywhere.</summary>
    public float Peak(int index)
    {
        float peak = 0;
        foreach (float value in Of(index))
        {
            peak = Math.Max(peak, value);
        }

        return peak;
    }

    /// <summary>The most probable class of each cell, row by row.</summary>
    public int[] Winners()
    {
        int[] winners = new int[Rows * Columns];
        for (int c = 1; c < Classes; c++)
        {
            for (int cell = 0; cell < winners.Length; cell++)
            {
                winners[cell] = Of(c)[cell] > Of(winners[cell])[cell] ? c : winners[cell];
            }
        }

        return winners;
    }

    /// <summary>
    /// The map of one class for each pixel of an image of another size: bilinear between the centres of the cells' windows, and
    /// constant beyond the outermost ones.
    /// </summary>
    /// <param name="index">The class.</param>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="height">Its height.</param>
    /// <returns>height x width numbers, row by row.</returns>
    public float[] ToPixels(int index, int width, int height)
    {
        ReadOnlySpan<float> map = Of(index);
        float[] pixels = new float[width * height];
        for (int y = 0; y < height; y++)
        {
            (int top, int bottom, float down) = Neighbours((y + 0.5) * _imageHeight / height - 0.5, RowGrid, Rows);
            for (int x = 0; x < width; x++)
            {
                (int left, int right, float along) = Neighbours((x + 0.5) * _imageWidth / width - 0.5, ColumnGrid, Columns);
                float above = map[top * Columns + left] + along * (map[top * Columns + right] - map[top * Columns + left]);
                float below = map[bottom * Columns + left] + along * (map[bottom * Columns + right] - map[bottom * Columns + left]);
                pixels[y * width + x] = above + down * (below - above);
            }
        }

        return pixels;
    }

    private static (int Before, int After, float Share) Neighbours(double position, PixelGrid grid, int count)
    {
        double cell = Math.Clamp((position - grid.Centre) / grid.Stride, 0, count - 1);
        int before = (int)cell;
        return (before, Math.Min(before + 1, count - 1), (float)(cell - before));
    }
}
