namespace FcnSharp.Imaging;

/// <summary>What has to be done to the stored rows and columns to see the picture upright: the values of EXIF's tag 0x0112.</summary>
public enum ImageOrientation
{
    /// <summary>Nothing.</summary>
    Upright = 1,

    /// <summary>Left and right are swapped.</summary>
    Mirror = 2,

    /// <summary>Half a turn.</summary>
    HalfTurn = 3,

    /// <summary>Top and bottom are swapped.</summary>
    Flip = 4,

    /// <summary>Rows become columns.</summary>
    Transpose = 5,

    /// <summary>A quarter turn clockwise.</summary>
    QuarterTurn = 6,

    /// <summary>Rows become columns, from the other corner.</summary>
    Transverse = 7,

    /// <summary>A quarter turn against the clock.</summary>
    QuarterTurnBack = 8,
}

/// <summary>Turns pictures upright.</summary>
internal static class ImageOrientations
{
    /// <summary>Whether width and height change places.</summary>
    public static bool SwapsSides(this ImageOrientation orientation) => orientation >= ImageOrientation.Transpose;

    /// <summary>The upright picture; the same object where nothing has to be done.</summary>
    public static RgbImage Apply(this ImageOrientation orientation, RgbImage image)
    {
        if (orientation == ImageOrientation.Upright)
        {
            return image;
        }

        (int width, int height) = (image.Width, image.Height);
        RgbImage result = orientation.SwapsSides() ? new(height, width) : new(width, height);
        // Stored position of the upper left upright pixel, and the steps in it for one to the right and one down.
        (int origin, int right, int down) = orientation switch
        {
            ImageOrientation.Mirror => (width - 1, -1, width),
            ImageOrientation.HalfTurn => ((width * height) - 1, -1, -width),
            ImageOrientation.Flip => (width * (height - 1), 1, -width),
            ImageOrientation.Transpose => (0, width, 1),
            ImageOrientation.QuarterTurn => (width * (height - 1), -width, 1),
            ImageOrientation.Transverse => ((width * height) - 1, -width, -1),
            _ => (width - 1, width, -1),
        };
        byte[] source = image.Pixels;
        for (int y = 0; y < result.Height; y++)
        {
            Span<byte> row = result.Row(y);
            int from = 3 * (origin + (y * down));
            for (int x = 0; x < row.Length; x += 3)
            {
                row[x] = source[from];
                row[x + 1] = source[from + 1];
                row[x + 2] = source[from + 2];
                from += 3 * right;
            }
        }

        return result;
    }
}
