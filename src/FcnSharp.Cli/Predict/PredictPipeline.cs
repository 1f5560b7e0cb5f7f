using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Inference.Tiling;
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

    private readonly Lock _gate = new();

    /// <summary>Shared by images that are computed on one core each; an image on all cores has it for itself.</summary>
    private readonly ReaderWriterLockSlim _cores = new();

    private readonly BlockingCollection<Decoded> _decoded = new(Ahead);
    private readonly BlockingCollection<Segmented> _segmented = new(Ahead);
    private readonly PredictPlanner _planner;
    private readonly ByteBudget _budget;
    private readonly Segmenter _segmenter;
    private readonly Palette _palette;
    private readonly PredictSettings _settings;
    private readonly IPredictObserver _observer;
    private readonly int _threads;
    private readonly int _alone;
    private Exception? _broken;
    private int _next = -1;
    private int _decoding;
    private int _taken;

    private PredictPipeline(int images, Segmenter segmenter, PredictSettings settings, IPredictObserver observer)
    {
        _threads = WorkerPool.Shared.Threads;

        // The last ones, too few for all cores, have these together.
        _alone = images - (images % _threads);
        _segmenter = segmenter;
        _palette = Palette.Of(segmenter.Description.Classes);
        _settings = settings;
        _planner = new PredictPlanner(segmenter, settings, _threads);
        _budget = new ByteBudget(_planner.PictureBudget);
        _observer = observer;
    }

    /// <summary>Segments images, in no certain order of their ends.</summary>
    /// <param name="images">The images.</param>
    /// <param name="segmenter">The model.</param>
    /// <param name="settings">Where results go, and how images are computed.</param>
    /// <param name="observer">Told of each image.</param>
    /// <param name="stop">Ends the run; what is segmented by then is still written.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <exception cref="FcnSharpException">A result cannot be written.</exception>
    public static void Run(IReadOnlyList<PredictImage> images, Segmenter segmenter, PredictSettings settings, IPredictObserver observer, CancellationToken stop)
    {
        using PredictPipeline pipeline = new(images.Count, segmenter, settings, observer);
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
        _cores.Dispose();
    }

    private void Run(IReadOnlyList<PredictImage> images, CancellationTokenSource end)
    {
        int threads = Math.Min(Math.Min(Environment.ProcessorCount, MostThreads), images.Count);
        _decoding = threads;
        Thread[] decoders = Start("decoder", threads, end, () => Decode(images, end.Token));
        Thread[] encoders = Start("encoder", threads, end, Encode);
        Thread[] computers = Start("computer", Math.Min(_threads, images.Count), end, () => Segment(end.Token));
        JoinAll(computers);
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
                PredictWay way = _planner.Decide(image.Path);
                _budget.Take(way.PictureBytes, end);
                bytes = way.PictureBytes;
                _decoded.Add(new(image, way, way.ByRows ? null : ImageFile.Read(image.Path)), end);
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
        foreach (Decoded next in _decoded.GetConsumingEnumerable(end))
        {
            try
            {
                if (next.Way.Tiles is { } tiles)
                {
                    SegmentTiles(next, tiles, end);
                }
                else
                {
                    _segmented.Add(SegmentWhole(next, end), end);
                }
            }
            catch (Exception e) when (IsOfImage(e))
            {
                // A damaged model is told of by its first use, and is no fault of the image.
                _segmenter.WaitForCheck(end);
                _budget.Give(next.Way.PictureBytes);
                Fail(next.Image, next.Pixels is { } pixels ? string.Create(CultureInfo.InvariantCulture, $"{pixels.Width}x{pixels.Height} pixels: {Message(e)}") : Message(e));
            }
        }
    }

    /// <summary>
    /// Small images are computed on one core each: no core waits for another within a layer, or for what decoders and encoders have in hand. An image
    /// gives the same on one core as on all.
    /// </summary>
    private Segmented SegmentWhole(Decoded next, CancellationToken end)
    {
        RgbImage pixels = next.Pixels!;
        Segmentation Compute() => _segmenter.Segment(pixels, _segmenter.Options with { Confidence = _settings.Confidence }, end);
        if (Interlocked.Increment(ref _taken) > _alone || !next.Way.Small)
        {
            return new(next, pixels, OnAllCores(Compute));
        }

        _cores.EnterReadLock();
        try
        {
            return new(next, pixels, WorkerPool.RunAlone(Compute));
        }
        finally
        {
            _cores.ExitReadLock();
        }
    }

    private T OnAllCores<T>(Func<T> compute)
    {
        _cores.EnterWriteLock();
        try
        {
            return compute();
        }
        finally
        {
            _cores.ExitWriteLock();
        }
    }

    /// <summary>Results of tiles go to their files as they come, because they may not fit memory.</summary>
    private void SegmentTiles(Decoded next, TilePlan tiles, CancellationToken end)
    {
        lock (_gate)
        {
            _observer.OnCut(PredictCut.Of(next.Image.Path, tiles, _planner.Fast, next.Way.ByRows));
        }

        using PngPixelSource? rows = next.Way.ByRows ? PngPixelSource.Open(next.Image.Path, cancellation: end) : null;
        IPixelSource source = rows is not null ? rows : new RgbImageSource(next.Pixels!);
        using PredictSink sink = new(Outputs(next.Image), source, _palette, done =>
        {
            lock (_gate)
            {
                _observer.OnRows(next.Image, done, source.Height);
            }
        });
        OnAllCores(() => _segmenter.SegmentTiled(source, sink, next.Way.Options, end));
        End(next, sink);
    }

    private void Encode()
    {
        foreach (Segmented next in _segmented.GetConsumingEnumerable())
        {
            using PredictSink sink = new(Outputs(next.From.Image), new RgbImageSource(next.Pixels), _palette, _ => { });
            sink.WriteRows(0, next.Pixels.Height, next.Result.Map.Labels, next.Result.Confidence.Span);
            End(next.From, sink);
        }
    }

    private PredictOutputs Outputs(PredictImage image) => PredictOutputs.Of(image, _settings.Folder, _settings.Confidence);

    private void End(Decoded image, PredictSink sink)
    {
        sink.Commit();
        lock (_gate)
        {
            _observer.OnDone(image.Image);
        }

        _budget.Give(image.Way.PictureBytes);
    }

    /// <summary>What says something of one image and nothing of the next.</summary>
    private static bool IsOfImage(Exception e) => e is FcnSharpException and not OutputException or IOException or UnauthorizedAccessException or OutOfMemoryException;

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

    /// <summary>An image on its way to the net; its pixels are null where they are read by rows.</summary>
    private sealed record Decoded(PredictImage Image, PredictWay Way, RgbImage? Pixels);

    /// <summary>A segmented image on its way to the encoder.</summary>
    private sealed record Segmented(Decoded From, RgbImage Pixels, Segmentation Result);
}
