using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>What a model sees in an image: the class of each pixel, and what follows from it. Nothing in it changes, so threads may share it.</summary>
public sealed class Segmentation
{
    private readonly float[]? _confidence;

    /// <summary>Wraps a class map and its confidence, which must not be changed any more.</summary>
    /// <param name="map">An index into the classes for each pixel.</param>
    /// <param name="classes">The model's classes.</param>
    /// <param name="confidence">The probability of each pixel's class, row by row; null where it is not known.</param>
    /// <exception cref="FcnSharpException">A pixel has a class that is not among them, or there is not a confidence for each pixel.</exception>
    public Segmentation(LabelMap map, IReadOnlyList<ClassInfo> classes, float[]? confidence = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(classes);
        ushort most = map.Labels.Max();
        if (most >= classes.Count)
        {
            throw new FcnSharpException($"A segmentation by {classes.Count} classes has labels from 0 to {classes.Count - 1}, found {most}.");
        }

        if (confidence is not null && confidence.Length != map.Labels.Length)
        {
            throw new FcnSharpException($"A segmentation of {map.Width}x{map.Height} pixels needs {map.Labels.Length} confidences, found {confidence.Length}.");
        }

        (Map, Classes, _confidence) = (map, classes, confidence);
    }

    /// <summary>Width in pixels: the image's.</summary>
    public int Width => Map.Width;

    /// <summary>Height in pixels: the image's.</summary>
    public int Height => Map.Height;

    /// <summary>The class of each pixel, an index into <see cref="Classes"/>.</summary>
    public LabelMap Map { get; }

    /// <summary>The model's classes, with names and colours.</summary>
    public IReadOnlyList<ClassInfo> Classes { get; }

    /// <summary>Whether <see cref="Confidence"/> is known.</summary>
    public bool HasConfidence => _confidence is not null;

    /// <summary>The probability of each pixel's class, from 1 / classes to 1, row by row; empty unless it was asked for (<see cref="SegmentOptions.Confidence"/>).</summary>
    public ReadOnlyMemory<float> Confidence => _confidence;

    /// <summary>The class of a pixel.</summary>
    /// <param name="x">From the left, 0 to Width - 1.</param>
    /// <param name="y">From the top, 0 to Height - 1.</param>
    public ClassInfo this[int x, int y]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(x);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(x, Width);
            ArgumentOutOfRangeException.ThrowIfNegative(y);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(y, Height);
            return Classes[Map.Row(y)[x]];
        }
    }

    /// <summary>How much of the image each class has, the largest first; classes that it does not show are left out.</summary>
    public IReadOnlyList<ClassArea> Areas()
    {
        int[] pixels = new int[Classes.Count];
        double[] confidence = new double[Classes.Count];
        ushort[] labels = Map.Labels;
        for (int i = 0; i < labels.Length; i++)
        {
            pixels[labels[i]]++;
            confidence[labels[i]] += _confidence is null ? 0 : _confidence[i];
        }

        return
        [
            .. Enumerable.Range(0, Classes.Count)
                .Where(i => pixels[i] > 0)
                .OrderByDescending(i => pixels[i])
                .Select(i => new ClassArea(i, Classes[i], pixels[i], (double)pixels[i] / labels.Length, _confidence is null ? null : confidence[i] / pixels[i])),
        ];
    }

    /// <summary>
    /// The outlines of all regions, in the order of their first pixels from the top and the left. In time linear in the pixels, with
    /// four bytes a pixel while it works.
    /// </summary>
    /// <param name="options">Which, and how exactly; null for all, exactly.</param>
    /// <exception cref="FcnSharpException">The options are out of range.</exception>
    public IReadOnlyList<ClassPolygon> Polygons(PolygonOptions? options = null)
    {
        options ??= new PolygonOptions();
        if (options.MinPixels < 1 || !(options.Tolerance >= 0))
        {
            throw new FcnSharpException(FormattableString.Invariant($"Polygons need MinPixels from 1 and a Tolerance from 0, found {options.MinPixels} and {options.Tolerance}."));
        }

        PixelPoint[] Ring(PixelPoint[] exact) => options.Tolerance > 0 ? RingSimplifier.Simplify(exact, options.Tolerance) : exact;
        return
        [
            .. RegionOutlines.Of(Map, options.MinPixels)
                .Select(region => new ClassPolygon(region.Label, Classes[region.Label], region.Pixels, Ring(region.Exterior), [.. region.Holes.Select(Ring)])),
        ];
    }

    /// <summary>The pixels of each class that the image shows as lengths of runs, which COCO's tools read.</summary>
    public IReadOnlyList<RunLengthMask> RunLengths() => RunLengthMask.Of(Map);

    /// <summary>The image with the classes' colours over it.</summary>
    /// <param name="image">The image that was segmented.</param>
    /// <param name="opacity">0 (the image alone) to 1 (the colours alone).</param>
    /// <exception cref="FcnSharpException">The image has another size, or the opacity is not in 0 to 1.</exception>
    public RgbImage Overlay(RgbImage image, double opacity = 0.6) => Imaging.Overlay.Blend(image, Map, Palette.Of(Classes), opacity);

    /// <summary>Writes the class map as a PNG with the classes' colours as its palette, from which <see cref="PngFile.ReadLabels(string, long)"/> reads the indices again.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="FcnSharpException">The file cannot be written; an old one is left as it was.</exception>
    public void SaveMask(string path) => PngFile.WriteLabels(path, Map, Colors());

    /// <summary>The bytes of the file that <see cref="SaveMask"/> writes.</summary>
    public byte[] EncodeMask() => PngFile.EncodeLabels(Map, Colors());

    /// <summary>A PNG's palette holds 256 colours; with more classes the mask is grey.</summary>
    private Palette? Colors() => Classes.Count <= Palette.MaxCount ? Palette.Of(Classes) : null;
}
