using FcnSharp.Imaging;
using FcnSharp.Inference.Tiling;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Predict;

/// <summary>Results that cannot be written: no fault of the image that they are of.</summary>
/// <param name="cause">What the file system said.</param>
internal sealed class OutputException(FcnSharpException cause) : FcnSharpException(cause.Message, cause);

/// <summary>The results of one image as files, as far as they go with its rows.</summary>
internal sealed class PredictSink : ILabelSink, IDisposable
{
    private const double OverlayOpacity = 0.6;

    private readonly PngLabelSink _files;
    private readonly Action<int> _onRows;

    /// <summary>Starts the files, and makes the folder for them where it is missing.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="image">The image.</param>
    /// <param name="palette">The classes' colours.</param>
    /// <param name="onRows">Told how many rows are written.</param>
    /// <exception cref="OutputException">One cannot be written.</exception>
    public PredictSink(PredictOutputs files, IPixelSource image, Palette palette, Action<int> onRows)
    {
        _onRows = onRows;
        _files = Try(() =>
        {
            if (Path.GetDirectoryName(files.Labels) is { Length: > 0 } folder)
            {
                Commands.OutputFolder.Create(folder);
            }

            return new PngLabelSink(new(files.Labels, files.Overlay, files.Confidence), image, palette, OverlayOpacity);
        });
    }

    /// <inheritdoc/>
    public bool WantsConfidence => _files.WantsConfidence;

    /// <inheritdoc/>
    /// <exception cref="OutputException">The file system refused.</exception>
    public void WriteRows(int first, int count, ReadOnlySpan<ushort> labels, ReadOnlySpan<float> confidence)
    {
        try
        {
            _files.WriteRows(first, count, labels, confidence);
        }
        catch (FcnSharpException e)
        {
            throw new OutputException(e);
        }

        _onRows(first + count);
    }

    /// <summary>Ends the files and gives them their names.</summary>
    /// <exception cref="OutputException">The file system refused.</exception>
    public void Commit() => Try(() =>
    {
        _files.Commit();
        return true;
    });

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private static T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (FcnSharpException e)
        {
            throw new OutputException(e);
        }
    }
}
