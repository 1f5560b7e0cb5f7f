using FcnSharp.Data;
using FcnSharp.Data.Transforms;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>
/// Fills the input of a batch: which images, and how they are augmented and mirrored, follows from the seed and the batch's number
/// alone, so a resumed run sees what the uninterrupted one would have seen. The images of the next batches are read and augmented
/// on threads of their own while the caller computes.
/// </summary>
internal sealed class BatchReader : IDisposable
{
    private const ulong MirrorStream = 1;
    private const int BatchesAhead = 2;

    // Decoding and augmenting takes a twentieth of the time of a small net's step on one core.
    private static readonly int ReadingThreads = Math.Clamp(Environment.ProcessorCount / 4, 1, 4);
    private readonly ISegmentationDataset _dataset;
    private readonly Preprocessing _preprocessing;
    private readonly TrainingOptions _options;
    private readonly ISampleOrder _order;
    private readonly Augmentation? _augmentation;
    private SampleReader? _reader;
    private float[] _images = [];
    private int[] _labels = [];

    public BatchReader(ISegmentationDataset dataset, Preprocessing preprocessing, TrainingOptions options)
    {
        (_dataset, _preprocessing, _options) = (dataset, preprocessing, options);
        _order = options.Sampling.Order(dataset.Count, options.Seed);
        _augmentation = options.Augmentation.Build(options.Seed);
    }

    /// <summary>Shape [N, 3, H, W] of the images of the last <see cref="Read"/>.</summary>
    public Shape ImageShape { get; private set; }

    /// <summary>The images of the last <see cref="Read"/>.</summary>
    public ReadOnlySpan<float> Images => _images;

    /// <summary>The labels [N, 1, H, W] of the last <see cref="Read"/>.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Reads a batch; quickest in the order of the batches.</summary>
    /// <param name="batch">Its number, from 0.</param>
    /// <param name="cancellation">Ends the wait for the images.</param>
    public void Read(long batch, CancellationToken cancellation = default)
    {
        SampleReader reader = ReaderAt(batch * _options.BatchSize);
        Sample? first = null;
        for (int i = 0; i < _options.BatchSize; i++)
        {
            long position = reader.Position;
            Sample sample = reader.Read(cancellation);
            first ??= Prepare(sample);
            if (sample.Image.Width != first.Image.Width || sample.Image.Height != first.Image.Height)
            {
                throw new FcnSharpException(
                    $"{sample.Name} has {sample.Image.Width}x{sample.Image.Height} pixels, {first.Name} in the same batch {first.Image.Width}x{first.Image.Height}; make all images one size, crop them, or use a batch size of 1.");
            }

            bool mirror = _options.Mirror && (CounterRandom.Bits((ulong)_options.Seed, MirrorStream, (ulong)position) & 1) == 1;
            int plane = sample.Image.Width * sample.Image.Height;
            InputEncoder.Encode(sample.Image, _preprocessing, _images.AsSpan(3 * plane * i, 3 * plane), mirror);
            CopyLabels(sample.Labels, _labels.AsSpan(plane * i, plane), mirror);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader?.Dispose();

    /// <summary>The reader, anew where the last batch was another than the one before or was given up.</summary>
    private SampleReader ReaderAt(long position)
    {
        if (_reader?.Position != position)
        {
            _reader?.Dispose();
            var options = new SampleReaderOptions { Start = position, Ahead = Math.Max(ReadingThreads, BatchesAhead * _options.BatchSize), Threads = ReadingThreads };
            _reader = new SampleReader(_dataset, _order, _augmentation, options);
        }

        return _reader;
    }

    private Sample Prepare(Sample sample)
    {
        ImageShape = new Shape(_options.BatchSize, 3, sample.Image.Height, sample.Image.Width);
        if (_images.Length != ImageShape.ElementCount)
        {
            _images = new float[ImageShape.ElementCount];
            _labels = new int[ImageShape.ElementCount / 3];
        }

        return sample;
    }

    private static void CopyLabels(LabelMap labels, Span<int> target, bool mirror)
    {
        for (int y = 0; y < labels.Height; y++)
        {
            ReadOnlySpan<ushort> row = labels.Row(y);
            Span<int> line = target.Slice(y * labels.Width, labels.Width);
            for (int x = 0; x < line.Length; x++)
            {
                line[x] = row[mirror ? row.Length - 1 - x : x];
            }
        }
    }
}
