using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>
/// Writes the classes of an image as PNG files as they come, so that they need not be in memory at once. The files appear under
/// their names with <see cref="Commit"/>, when all rows are there; without it none does, and old ones stay.
/// </summary>
public sealed class PngLabelSink : ILabelSink, IDisposable
{
    private readonly IPixelSource _image;
    private readonly Palette _palette;
    private readonly int _share;
    private readonly PngRows _labels;
    private readonly PngRows? _overlay;
    private readonly PngRows? _confidence;
    private readonly byte[] _row;
    private readonly byte[] _blended;
    private readonly ushort[] _samples;
    private int _rows;

    /// <summary>Starts the files.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="image">The image; for the overlay its rows must be ready when their classes are written, as those of the tiled image are.</param>
    /// <param name="palette">A colour for each class.</param>
    /// <param name="overlayOpacity">How much of the overlay is colour: 0 (the image alone) to 1 (the colours alone).</param>
    /// <exception cref="FcnSharpException">A file cannot be written, or the opacity is not in 0 to 1.</exception>
    public PngLabelSink(PngOutputs files, IPixelSource image, Palette palette, double overlayOpacity = 0.6)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(palette);
        (int width, int height) = (image.Width, image.Height);
        (_image, _palette, _share) = (image, palette, Overlay.Share(overlayOpacity));
        _row = new byte[width];
        _blended = files.Overlay is null ? [] : new byte[3 * width];
        _samples = files.Confidence is null ? [] : new ushort[width];
        try
        {
            // Where the net keeps all cores busy, the time of packing a photo well is lost to it.
            _labels = new PngRows(files.Labels, width, height, PngColorType.Palette, 8, PngPacking.Labels, palette);
            _overlay = files.Overlay is null ? null : new PngRows(files.Overlay, width, height, PngColorType.Rgb, 8, PngPacking.Quick);
            _confidence = files.Confidence is null ? null : new PngRows(files.Confidence, width, height, PngColorType.Grey, 16, PngPacking.Quick);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool WantsConfidence => _confidence is not null;

    /// <inheritdoc/>
    /// <exception cref="FcnSharpException">A file cannot be written, or a class has no colour.</exception>
    /// <exception cref="ArgumentException">The rows are not those after the last.</exception>
    public void WriteRows(int first, int count, ReadOnlySpan<ushort> labels, ReadOnlySpan<float> confidence)
    {
        if (first != _rows)
        {
            throw new ArgumentException($"Row {_rows} is the next, found {first}.", nameof(first));
        }

        int width = _row.Length;
        for (int y = 0; y < count; y++)
        {
            ReadOnlySpan<ushort> row = labels.Slice(y * width, width);
            WriteLabels(row);
            if (_overlay is not null)
            {
                Overlay.Blend(_image.Row(first + y), row, _palette, _share, voidLabel: -1, _blended);
                _overlay.Write(_blended);
            }

            if (_confidence is not null)
            {
                WriteConfidence(confidence.Slice(y * width, width));
            }
        }

        _rows += count;
    }

    /// <summary>Ends the files and gives them their names, the labels first.</summary>
    /// <exception cref="FcnSharpException">One cannot be written; those before it are there.</exception>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public void Commit()
    {
        _labels.Commit();
        _overlay?.Commit();
        _confidence?.Commit();
    }

    /// <summary>Removes what has no name yet.</summary>
    public void Dispose()
    {
        _labels?.Dispose();
        _overlay?.Dispose();
        _confidence?.Dispose();
    }

    private void WriteLabels(ReadOnlySpan<ushort> labels)
    {
        if (labels.ContainsAnyExceptInRange((ushort)0, (ushort)(_palette.Count - 1)))
        {
            throw new FcnSharpException($"A label map by rows needs a colour for each class, found {_palette.Count} colours and the class {labels[labels.IndexOfAnyExceptInRange((ushort)0, (ushort)(_palette.Count - 1))]}.");
        }

        PngSamples.Narrow(labels, _row);
        _labels.Write(_row);
    }

    private void WriteConfidence(ReadOnlySpan<float> confidence)
    {
        for (int x = 0; x < confidence.Length; x++)
        {
            _samples[x] = (ushort)MathF.Round(confidence[x] * ushort.MaxValue);
        }

        _confidence!.Write(_samples);
    }
}
