using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference;

/// <summary>
/// The images of a folder one after the other, by their paths: while one is computed the next ones are decoded and the last ones are
/// in the caller's hands. How many there are at once is bounded by their number and their bytes.
/// </summary>
internal sealed class FolderRun
{
    /// <summary>Images between two stages: enough to hide that some take longer.</summary>
    private const int Ahead = 4;

    /// <summary>What an image takes: as it is stored, its colours, turned upright, labels and confidence.</summary>
    private const int BytesPerPixel = 1 + 3 + 3 + 2 + 4;

    private readonly Segmenter _segmenter;
    private readonly SegmentOptions _options;
    private readonly Budget _budget;
    private readonly Channel<(string Path, long Bytes, Task<RgbImage> Image)> _decoded = Channel.CreateBounded<(string, long, Task<RgbImage>)>(Ahead);
    private readonly Channel<(SegmentedFile File, long Bytes)> _done = Channel.CreateBounded<(SegmentedFile, long)>(Ahead);

    private FolderRun(Segmenter segmenter, FolderOptions options)
    {
        _segmenter = segmenter;
        _options = options.Segment ?? segmenter.Options;
        _budget = new Budget(options.MemoryBudget);
    }

    /// <summary>All images of a folder, sorted by their paths.</summary>
    public static async IAsyncEnumerable<SegmentedFile> Run(Segmenter segmenter, string folder, FolderOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string[] paths = await Task.Run(() => Find(folder, options.Recursive), cancellation).ConfigureAwait(false);
        FolderRun run = new(segmenter, options);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task decoding = Task.Run(() => run.Decode(paths, end.Token), CancellationToken.None);
        Task computing = Task.Run(() => run.Compute(end.Token), CancellationToken.None);
        try
        {
            await foreach ((SegmentedFile file, long bytes) in run._done.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                yield return file;
                run._budget.Give(bytes);
            }
        }
        finally
        {
            // The caller may dispose the segmenter once it is through or has had enough, so nothing goes on behind its back.
            await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(decoding, computing).ConfigureAwait(false);
            while (run._decoded.Reader.TryRead(out var left))
            {
                await ((Task)left.Image).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static string[] Find(string folder, bool recursive)
    {
        if (!Directory.Exists(folder))
        {
            throw new FcnSharpException($"{folder}: there is no such folder; check the name.");
        }

        EnumerationOptions options = new() { RecurseSubdirectories = recursive, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folder, "*", options)
                    .Where(path => ImageFile.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{folder}: the folder could not be read ({e.Message.TrimEnd('.')}); check its permissions.", e);
        }
    }

    private async Task Decode(string[] paths, CancellationToken end)
    {
        Exception? failure = null;
        try
        {
            foreach (string path in paths)
            {
                long bytes = Bytes(path);
                await _budget.Take(bytes, end).ConfigureAwait(false);

                // Nobody else writes, so there still is room once there was.
                await _decoded.Writer.WaitToWriteAsync(end).ConfigureAwait(false);
                _decoded.Writer.TryWrite((path, bytes, Task.Run(() => _options.Reader.Read(path), CancellationToken.None)));
            }
        }
#pragma warning disable CA1031 // Thrown to the caller, who waits for the other stage.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        _decoded.Writer.Complete(failure);
    }

    private async Task Compute(CancellationToken end)
    {
        Exception? failure = null;
        try
        {
            await foreach ((string path, long bytes, Task<RgbImage> decoding) in _decoded.Reader.ReadAllAsync(end).ConfigureAwait(false))
            {
                await _done.Writer.WriteAsync((await Segment(path, decoding, end).ConfigureAwait(false), bytes), end).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Thrown to the caller, who waits for this stage.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        _done.Writer.Complete(failure);
    }

    private async Task<SegmentedFile> Segment(string path, Task<RgbImage> decoding, CancellationToken end)
    {
        try
        {
            RgbImage image = await decoding.ConfigureAwait(false);
            return new(path, image, await _segmenter.SegmentAsync(image, _options, end).ConfigureAwait(false), null);
        }
        catch (Exception e) when (e is FcnSharpException or OutOfMemoryException)
        {
            // A damaged model is told of by its first use, and is no fault of the image.
            _segmenter.WaitForCheck(end);
            return new(path, null, null, Named(path, e));
        }
    }

    private static FcnSharpException Named(string path, Exception e) => e switch
    {
        FcnSharpException known when known.Message.StartsWith(path, StringComparison.Ordinal) => known,
        FcnSharpException => new($"{path}: {e.Message}", e),
        _ => new($"{path}: there is not enough memory for this image; make it smaller.", e),
    };

    /// <summary>Nothing where the header cannot be read: then neither can the rest, or it is small.</summary>
    private long Bytes(string path)
    {
        try
        {
            ImageInfo info = _options.Reader.ReadInfo(path);
            return BytesPerPixel * Math.Min((long)info.Width * info.Height, _options.Reader.MaxPixels);
        }
        catch (FcnSharpException)
        {
            return 0;
        }
    }

    /// <summary>Bytes that images share. One who asks waits until there are so many, or nobody else has any.</summary>
    private sealed class Budget(long most)
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource? _given;
        private long _taken;

        public async Task Take(long count, CancellationToken cancellation)
        {
            while (true)
            {
                Task given;
                lock (_gate)
                {
                    if (_taken == 0 || _taken + count <= most)
                    {
                        _taken += count;
                        return;
                    }

                    _given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    given = _given.Task;
                }

                await given.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }

        public void Give(long count)
        {
            lock (_gate)
            {
                _taken -= count;
                _given?.TrySetResult();
            }
        }
    }
}
