using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Server.Models;

namespace FcnSharp.Server.Work;

/// <summary>
/// Small images that wait are computed together with others of their size and model: one alone does not keep all cores busy. Each has
/// its turn as any other; who comes first takes the others along, so that none waits for company.
/// </summary>
internal sealed class SmallImages(ComputeThread thread)
{
    /// <summary>Above it, all images of a batch together, an image keeps the cores busy by itself.</summary>
    private const long MaxPixels = 1 << 16;
    private const int MaxImages = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<Entry> _waiting = [];
    private long _batches;

    /// <summary>How many batches of more than one image there were.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Whether there is room for a second image of this size.</summary>
    public static bool Fits(RgbImage image) => 2L * image.Width * image.Height <= MaxPixels;

    /// <summary>Segments an image in its turn, or before it, with another.</summary>
    /// <param name="model">The model.</param>
    /// <param name="image">One that <see cref="Fits"/>.</param>
    /// <param name="confidence">Whether the confidence is wanted.</param>
    /// <param name="begin">Called when it is to be computed; throws when nobody waits for it any more.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Segmentation> Segment(ServedModel model, RgbImage image, bool confidence, Action begin, CancellationToken cancellation)
    {
        Entry entry = new(model, image, confidence, begin);
        LinkedListNode<Entry> node = new(entry);
        lock (_gate)
        {
            _waiting.AddLast(node);
        }

        using CancellationTokenSource computed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            Task<bool> turn = thread.Run(() => Compute(node), computed.Token);
            await Task.WhenAny(entry.Result.Task, turn).ConfigureAwait(false);
            if (!entry.Result.Task.IsCompleted)
            {
                await turn.ConfigureAwait(false);
            }

            return await entry.Result.Task.ConfigureAwait(false);
        }
        finally
        {
            Remove(node);
            await computed.CancelAsync().ConfigureAwait(false);
        }
    }

    private bool Compute(LinkedListNode<Entry> first)
    {
        List<Entry> batch = Take(first);
        batch.RemoveAll(entry => !entry.Begin());
        if (batch.Count == 0)
        {
            return false;
        }

        try
        {
            IReadOnlyList<Segmentation> results = first.Value.Model.Segment([.. batch.Select(e => e.Image)], first.Value.Confidence);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Result.SetResult(results[i]);
            }
        }
#pragma warning disable CA1031 // Thrown to those who wait for the results.
        catch (Exception e)
#pragma warning restore CA1031
        {
            batch.ForEach(entry => entry.Result.TrySetException(e));
        }

        return true;
    }

    /// <summary>The image and others that fit to it; none when another has taken it along.</summary>
    private List<Entry> Take(LinkedListNode<Entry> first)
    {
        List<Entry> batch = [];
        lock (_gate)
        {
            if (first.List is null)
            {
                return batch;
            }

            RgbImage image = first.Value.Image;
            long most = Math.Clamp(MaxPixels / ((long)image.Width * image.Height), 1, MaxImages);
            for (LinkedListNode<Entry>? node = first; node is not null && batch.Count < most;)
            {
                LinkedListNode<Entry>? next = node.Next;
                if (node.Value.GoesWith(first.Value))
                {
                    batch.Add(node.Value);
                    _waiting.Remove(node);
                }

                node = next;
            }
        }

        if (batch.Count > 1)
        {
            Interlocked.Increment(ref _batches);
        }

        return batch;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _waiting.Remove(node);
            }
        }
    }

    private sealed class Entry(ServedModel model, RgbImage image, bool confidence, Action begin)
    {
        public ServedModel Model => model;

        public RgbImage Image => image;

        public bool Confidence => confidence;

        public TaskCompletionSource<Segmentation> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool GoesWith(Entry other) =>
            model == other.Model && confidence == other.Confidence && (image.Width, image.Height) == (other.Image.Width, other.Image.Height);

        public bool Begin()
        {
            try
            {
                begin();
                return true;
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // Its request ends, or has just ended; those in the same batch go on.
                Result.TrySetCanceled();
                return false;
            }
        }
    }
}
