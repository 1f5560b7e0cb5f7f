using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.ExceptionServices;
using FcnSharp.Cli.Commands;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Predict;

/// <summary>
/// Decodes, segments and encodes images at the same time, each image on its own way through. What is under way is bounded by a
/// number of images and of bytes, whatever their number and size. Results that cannot be written end the run: those of the next
/// image could not be written either.
/// </summary>
internal sealed class PredictPipeline : IDisposable
{
    private const int MostThreads = 4;

    /// <summary>Images between two stages: enough to hide that some take longer, and no more, as each costs memory.</summary>
    private const int Ahead = 4;

    /// <summary>Memory for images and their results, beside that of the net.</summary>
    private const long MaxBytes = 1L << 29;

    /// <summary>Image, its overlay, labels and what an encoder needs; then the confidence as it is computed and as it is written.</summary>
    private const int BytesPerPixel = 3 + 3 + 2 + 2;
    private const int ConfidenceBytesPerPixel = 4 + 2;

    private const double OverlayOpacity = 0.6;

    private readonly Lock _gate = new();
    private readonly BlockingCollection<(PredictImage Image, RgbImage Pixels, long Bytes)> _decoded = new(Ahead);
    private readonly BlockingCollection<(PredictImage Image, Segmentation Result, long Bytes)> _segmented = new(Ahead);
    private readonly ByteBudget _budget = new(MaxBytes);
    private readonly Segmenter _segmenter;
    private readonly Palette _palette;
    private readonly string _folder;
    private readonly bool _confidence;
    private readonly IPredictObserver _observer;
    private Exception? _broken;
    private int _next = -1;
    private int _decoding;

    private PredictPipeline(Segmenter segmenter, string folder, bool confidence, IPredictObserver observer)
    {
        _segmenter = segmenter;
        _palette = Palette.Of(segmenter.Description.Classes);
        _folder = folder;
        _confidence = confidence;
        _observer = observer;
    }

    /// <summary>Segments images, in no certain order of their ends.</summary>
    /// <param name="images">The images.</param>
    /// <param name="segmenter">The model.</param>
    /// <param name="folder">The output folder; folders below it are made as images need them.</param>
    /// <param name="confidence">Whether the confidence is written, too.</param>
    /// <param name="observer">Told of each image.</param>
    /// <param name="stop">Ends the run; what is segmented by then is still written.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <exception cref="FcnSharpException">A result cannot be written.</exception>
    public static void Run(IReadOnlyList<PredictImage> images, Segmenter segmenter, string folder, bool confidence, IPredictObserver observer, CancellationToken stop)
    {
        using PredictPipeline pipeline = new(segmenter, folder, confidence, observer);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        pipeline.Run(images, end);
        if (pipeline._broken is { } broken)
        {
            ExceptionDispatchInfo.Throw(broken);
        }

        stop.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoded.Dispose();
        _segmented.Dispose();
    }

    private void Run(IReadOnlyList<PredictImage> images, CancellationTokenSource end)
    {
        int threads = Math.Min(Math.Min(Environment.ProcessorCount, MostThreads), images.Count);
        _decoding = threads;
        Thread[] decoders = Start("decoder", threads, end, () => Decode(images, end.Token));
        Thread[] encoders = Start("encoder", threads, end, Encode);
        if (threads > 0)
        {
            Guard(end, () => Segment(end.Token));
        }

        JoinAll(decoders);

        // From here nothing is added, and encoders finish what there is: a stop costs no image that has been computed.
        _segmented.CompleteAdding();
        JoinAll(encoders);
    }

    private void Decode(IReadOnlyList<PredictImage> images, CancellationToken end)
    {
        try
        {
            DecodeAll(images, end);
        }
        finally
        {
            if (Interlocked.Decrement(ref _decoding) == 0)
            {
                _decoded.CompleteAdding();
            }
        }
    }

    private void DecodeAll(IReadOnlyList<PredictImage> images, CancellationToken end)
    {
        while (!end.IsCancellationRequested && Interlocked.Increment(ref _next) is var next && next < images.Count)
        {
            PredictImage image = images[next];
            long bytes = 0;
            try
            {
                ImageInfo info = ImageFile.ReadInfo(image.Path);
                long wanted = (long)info.Width * info.Height * (BytesPerPixel + (_confidence ? ConfidenceBytesPerPixel : 0));
                _budget.Take(wanted, end);
                bytes = wanted;
                _decoded.Add((image, ImageFile.Read(image.Path), bytes), end);
            }
            catch (Exception e) when (IsOfImage(e))
            {
                _budget.Give(bytes);
                Fail(image, Message(e));
            }
        }
    }

    private void Segment(CancellationToken end)
    {
        foreach ((PredictImage image, RgbImage pixels, long bytes) in _decoded.GetConsumingEnumerable(end))
        {
            try
            {
                _segmented.Add((image, Segment(pixels, end), bytes), end);
            }
            catch (Exception e) when (IsOfImage(e))
            {
                // A damaged model is told of by its first use, and is no fault of the image.
                _segmenter.WaitForCheck(end);
                _budget.Give(bytes);
                Fail(image, string.Create(CultureInfo.InvariantCulture, $"{pixels.Width}x{pixels.Height} pixels: {Message(e)}"));
            }
        }
    }

    private Segmentation Segment(RgbImage pixels, CancellationToken end)
    {
        Inference.Segmentation result = _segmenter.Segment(pixels, _segmenter.Options with { Confidence = _confidence }, end);
        return new(pixels, result.Map, _confidence ? result.Confidence.ToArray() : null);
    }

    private void Encode()
    {
        foreach ((PredictImage image, Segmentation result, long bytes) in _segmented.GetConsumingEnumerable())
        {
            Write(PredictOutputs.Of(image, _folder, _confidence), result);
            lock (_gate)
            {
                _observer.OnDone(image);
            }

            _budget.Give(bytes);
        }
    }

    private void Write(PredictOutputs files, Segmentation result)
    {
        if (Path.GetDirectoryName(files.Labels) is { Length: > 0 } folder)
        {
            OutputFolder.Create(folder);
        }

        PngFile.WriteLabels(files.Labels, result.Labels, _palette);
        WriteOverlay(files.Overlay, Overlay.Blend(result.Pixels, result.Labels, _palette, OverlayOpacity));
        if (files.Confidence is { } path)
        {
            ushort[] samples = Array.ConvertAll(result.Confidence!, p => (ushort)MathF.Round(p * ushort.MaxValue));
            PngFile.WriteGrey16(path, result.Pixels.Width, result.Pixels.Height, samples);
        }
    }

    /// <summary>Packed fast and not small: where the net keeps all cores busy, the time of packing a photo well is lost to it.</summary>
    private static void WriteOverlay(string path, RgbImage overlay) => AtomicFile.Write(path, stream =>
    {
        using PngWriter writer = new(stream, overlay.Width, overlay.Height, PngColorType.Rgb, 8, compression: CompressionLevel.Fastest);
        for (int y = 0; y < overlay.Height; y++)
        {
            writer.WriteRow(overlay.Row(y));
        }

        writer.Finish();
    });

    /// <summary>What says something of one image and nothing of the next.</summary>
    private static bool IsOfImage(Exception e) => e is FcnSharpException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    private static string Message(Exception e) => e is OutOfMemoryException ? "not enough memory for this image; make it smaller." : e.Message;

    private void Fail(PredictImage image, string message)
    {
        lock (_gate)
        {
            _observer.OnFailed(PredictFailure.Of(image.Path, message));
        }
    }

    private Thread[] Start(string name, int count, CancellationTokenSource end, Action work)
    {
        Thread[] threads = [.. Enumerable.Range(1, count).Select(i => new Thread(() => Guard(end, work)) { IsBackground = true, Name = FormattableString.Invariant($"{name} {i}") })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        return threads;
    }

    /// <summary>Keeps the first failure for the caller and ends the other threads.</summary>
    private void Guard(CancellationTokenSource end, Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The caller finds out by its own token.
        }
#pragma warning disable CA1031 // Rethrown by the caller.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // Whatever it is belongs to the caller, and not to a thread on which it would end the process.
            Interlocked.CompareExchange(ref _broken, e, null);
            end.Cancel();
        }
    }

    private static void JoinAll(Thread[] threads)
    {
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    /// <summary>A segmented image on its way to the encoder.</summary>
    private sealed record Segmentation(RgbImage Pixels, LabelMap Labels, float[]? Confidence);
}
