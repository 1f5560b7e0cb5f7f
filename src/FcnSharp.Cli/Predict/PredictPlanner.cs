using System.Globalization;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Predict;

/// <summary>
/// Decides which images are computed as a whole and which in tiles, so that the computation and the pictures under way stay within
/// the memory together: three quarters are for the computation, and a picture that takes more than the rest takes it from there.
/// </summary>
internal sealed class PredictPlanner
{
    /// <summary>The share of pictures: one part of so many.</summary>
    private const int PictureShare = 4;

    /// <summary>A pixel and its class; then its confidence.</summary>
    private const int BytesPerPixel = 3 + sizeof(ushort);
    private const int ConfidenceBytesPerPixel = sizeof(float);

    private readonly Segmenter _segmenter;
    private readonly PredictSettings _settings;
    private readonly TileMode _mode;
    private readonly int _threads;

    /// <summary>Creates a planner for a model that computes on so many threads.</summary>
    public PredictPlanner(Segmenter segmenter, PredictSettings settings, int threads)
    {
        (_segmenter, _settings, _threads) = (segmenter, settings, threads);
        _mode = settings.Tile == TileMode.Auto && !CanTile() ? TileMode.Off : settings.Tile;
    }

    /// <summary>Bytes for the pictures under way.</summary>
    public long PictureBudget => _settings.Memory / PictureShare;

    /// <summary>Whether tiles are computed with less than all of their surroundings.</summary>
    public bool Fast => _mode == TileMode.Fast;

    /// <summary>Reads an image's header and decides.</summary>
    /// <exception cref="FcnSharpException">It cannot be read, or cannot be computed within the memory.</exception>
    public PredictWay Decide(string path)
    {
        ImageInfo info = ImageFile.ReadInfo(path);
        long pixels = (long)info.Width * info.Height;
        long pictures = pixels * (BytesPerPixel + (_settings.Confidence ? ConfidenceBytesPerPixel : 0));

        // What has no pixels is told of by its decoder.
        if (_mode == TileMode.Off || pixels == 0)
        {
            return new(null, null, ByRows: false, pictures);
        }

        TileOptions options = new() { Halo = Fast ? TileHalo.Fast : TileHalo.Exact, MemoryBudget = _settings.Memory - PictureBudget };
        TilePlan plan = Plan(info, options);
        if (plan.Count == 1)
        {
            return new(null, null, ByRows: false, pictures, IsSmall(info, options));
        }

        // Classes and confidences leave by rows; only the image itself stays, where it has to be decoded at once.
        pictures = WholeBytes(path, info);
        if (pictures == 0)
        {
            return new(plan, options, ByRows: true, 0);
        }

        if (pictures > PictureBudget)
        {
            options = options with { MemoryBudget = _settings.Memory - pictures };
            plan = options.MemoryBudget > 0 ? Plan(info, options) : throw new FcnSharpException(string.Create(
                CultureInfo.InvariantCulture,
                $"only upright PNGs that are not interlaced are read by rows: this image of {info.Width}x{info.Height} pixels needs {pictures / 1e6:F1} MB as a whole, but all together {_settings.Memory / 1e6:F1} MB are allowed; save it as such a PNG, or allow more memory (--memory)."));
        }

        return new(plan, options, ByRows: false, pictures);
    }

    /// <summary>Whether an image would not even be cut if each thread had an equal part of the memory.</summary>
    private bool IsSmall(ImageInfo info, TileOptions options)
    {
        try
        {
            return _segmenter.PlanTiles(info.Height, info.Width, options with { MemoryBudget = options.MemoryBudget / _threads }, _settings.Confidence).Count == 1;
        }
        catch (FcnSharpException)
        {
            // Not even the smallest tile fits that.
            return false;
        }
    }

    /// <summary>What decoding an image takes that is not read by rows; 0 for one that is.</summary>
    private static long WholeBytes(string path, ImageInfo info)
    {
        long pixels = (long)info.Width * info.Height;
        bool upright = info.Orientation == ImageOrientation.Upright;
        long bytes = upright ? 3 * pixels : 6 * pixels;
        if (info.Format != "PNG")
        {
            return bytes;
        }

        using PngReader reader = PngReader.Open(path);
        return reader.Interlaced ? bytes + (pixels * reader.Header.Channels * reader.BitDepth + 7) / 8 : upright ? 0 : bytes;
    }

    private TilePlan Plan(ImageInfo info, TileOptions options)
    {
        try
        {
            return _segmenter.PlanTiles(info.Height, info.Width, options, _settings.Confidence);
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{info.Width}x{info.Height} pixels: {e.Message} See --memory and --tile."), e);
        }
    }

    private bool CanTile()
    {
        try
        {
            _segmenter.PlanTiles(1, 1);
            return true;
        }
        catch (FcnSharpException)
        {
            return false;
        }
    }
}
