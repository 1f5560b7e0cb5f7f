using FcnSharp.Data;
using FcnSharp.Imaging;

namespace FcnSharp.TestKit;

/// <summary>Small pictures without any symmetry.</summary>
public static class TestImages
{
    /// <summary>A smooth picture, so that JPEG keeps it nearly as it is: every corner has a colour of its own.</summary>
    public static RgbImage Smooth(int width, int height)
    {
        RgbImage image = new(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int i = 3 * ((y * width) + x);
                image.Pixels[i] = (byte)(20 + (200 * x / Math.Max(1, width - 1)));
                image.Pixels[i + 1] = (byte)(30 + (150 * y / Math.Max(1, height - 1)));
                image.Pixels[i + 2] = (byte)(40 + (90 * x * y / Math.Max(1, (width - 1) * (height - 1))));
            }
        }

        return image;
    }

    /// <summary>A scene with its labels.</summary>
    public static Sample Scene(int width, int height, long seed = 1, long index = 0) => SyntheticScenes.Generate(width, height, seed, index);

    /// <summary>The largest difference of two images' bytes; their sizes must agree.</summary>
    public static int Difference(RgbImage a, RgbImage b)
    {
        Xunit.Assert.Equal((a.Width, a.Height), (b.Width, b.Height));
        int largest = 0;
        for (int i = 0; i < a.Pixels.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(a.Pixels[i] - b.Pixels[i]));
        }

        return largest;
    }

    /// <summary>The mean difference of two images' bytes.</summary>
    public static double MeanDifference(RgbImage a, RgbImage b)
    {
        Xunit.Assert.Equal((a.Width, a.Height), (b.Width, b.Height));
        return a.Pixels.Zip(b.Pixels, (x, y) => (double)Math.Abs(x - y)).Average();
    }
}
