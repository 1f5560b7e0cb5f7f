using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference.Tiling;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Inference;

/// <summary>
/// Segments images with a trained net: an image in, a class for each of its pixels out. Images may have any size from 1x1
/// up. Safe to use from several threads at once; each call in flight has memory of its own, and gives the same bits as alone.
/// </summary>
public sealed class Segmenter : IDisposable
{
    private readonly Network _network;
    private readonly SegmentationNet _net;
    private readonly ComputeQueue _queue = new();
    private readonly OpenModel? _file;
    private readonly IDevice? _ownDevice;

    /// <summary>Uses a net that is there already, such as one in training; it stays the caller's.</summary>
    /// <param name="network">The net.</param>
    /// <param name="description">Its classes and how pixels become its input.</param>
    /// <param name="options">What calls that give no options compute, and how; null for the usual ones.</param>
    public Segmenter(Network network, ModelDescription description, SegmentOptions? options = null)
        : this(network, description, options, file: null, ownDevice: null)
    {
    }

    private Segmenter(Network network, ModelDescription description, SegmentOptions? options, OpenModel? file, IDevice? ownDevice)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(description);
        _network = network;
        _net = new SegmentationNet(network, description.Preprocessing, file);
        _file = file;
        _ownDevice = ownDevice;
        Description = description;
        Options = options ?? new SegmentOptions();
    }

    /// <summary>The model: its net, classes, preprocessing, recipe and metrics.</summary>
    public ModelDescription Description { get; }

    /// <summary>What calls that give no options compute, and how.</summary>
    public SegmentOptions Options { get; }

    /// <summary>
    /// Loads a model file. The weights are read when the first image shows how they are to be laid out, and checked against their
    /// hash beside that, so the file stays open, and damaged weights are told of by the first call that would use them.
    /// </summary>
    /// <param name="path">A .safetensors file written by FcnSharp.</param>
    /// <param name="device">Where to compute; it stays the caller's. Null for a device of its own: the processor, with all its cores.</param>
    /// <param name="options">What calls that give no options compute, and how; null for the usual ones.</param>
    /// <exception cref="FcnSharpException">The file cannot be read, is newer than this version, no model of ours, or its header is damaged.</exception>
    public static Segmenter Load(string path, IDevice? device = null, SegmentOptions? options = null)
    {
        OpenModel file = ModelFile.Open(path);
        IDevice? own = device is null ? DefaultDevice.Create() : null;
        Network? network = null;
        try
        {
            NetOptions net = NetOptions.Parse(file.Description.Architecture.Options, path);
            if (net.Classes != file.Description.Classes.Count)
            {
                throw new FcnSharpException($"{path}: the net has {net.Classes} classes, but {file.Description.Classes.Count} are named; the file was not written by FcnSharp, or is damaged.");
            }

            network = new Network(Build(file.Description.Architecture.Name, net, path), device ?? own!);
            network.LoadFrom(file.Tensors, path);
            network.FreezeParameters();
            return new Segmenter(network, file.Description, options, file, own);
        }
        catch
        {
            network?.Dispose();
            own?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the weights of the model file are checked, which goes on beside the first use of it; every result waits for it by itself.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="FcnSharpException">They are damaged.</exception>
    public void WaitForCheck(CancellationToken cancellation = default) => _file?.WaitForCheck(cancellation);

    /// <summary>Segments an image.</summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The image needs more memory than there is; the message says how much. Or the weights of the model file are damaged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Segmentation Segment(RgbImage image, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= Options;
        (LabelMap map, float[]? confidence) = (options.Tiles, options.TestTimeAugmentation) switch
        {
            (null, null) => _net.Classify([image], options.Confidence, cancellation)[0],
            (null, { } passes) => Averaged(image, passes, options.Confidence, cancellation),
            ({ } tiles, null) => Tiled(image, tiles, options.Confidence, cancellation),
            _ => throw new FcnSharpException("An image is segmented in tiles or with test-time augmentation, not both; leave out one of them."),
        };
        return new Segmentation(map, Description.Classes, confidence);
    }

    /// <summary>Segments pixels as any library holds them.</summary>
    /// <param name="pixels">They are copied before the call computes.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Segment(RgbImage, SegmentOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Segmentation Segment(PixelBuffer pixels, SegmentOptions? options = null, CancellationToken cancellation = default) =>
        Segment(pixels.ToImage(), options, cancellation);

    /// <summary>Reads and segments a picture: PNG, JPEG or WebP, told by its content, turned upright.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>. Their reader bounds the pixels before they are decoded.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The picture cannot be read, and as of <see cref="Segment(RgbImage, SegmentOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Segmentation Segment(string path, SegmentOptions? options = null, CancellationToken cancellation = default) =>
        Segment((options ?? Options).Reader.Read(path), options, cancellation);

    /// <summary>As <see cref="Segment(string, SegmentOptions?, CancellationToken)"/>, from a stream, from where it stands to its end; it stays open.</summary>
    /// <param name="stream">An encoded picture; need not be able to seek.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Segment(string, SegmentOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Segmentation Segment(Stream stream, SegmentOptions? options = null, CancellationToken cancellation = default) =>
        Segment((options ?? Options).Reader.Read(stream), options, cancellation);

    /// <summary>As <see cref="Segment(string, SegmentOptions?, CancellationToken)"/>, from the bytes of a file.</summary>
    /// <param name="encoded">An encoded picture, such as an upload.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">As of <see cref="Segment(string, SegmentOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Segmentation Segment(ReadOnlySpan<byte> encoded, SegmentOptions? options = null, CancellationToken cancellation = default) =>
        Segment((options ?? Options).Reader.Read(encoded), options, cancellation);

    /// <summary>
    /// Segments many images. Small ones of one size are computed several at once, which is up to three times as fast; their scores then
    /// differ by rounding from those of one alone, so a class may where two are as good as equal (docs/numerics.md).
    /// </summary>
    /// <param name="images">Images of any sizes.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>A result for each image, in their order.</returns>
    /// <exception cref="FcnSharpException">As of <see cref="Segment(RgbImage, SegmentOptions?, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<Segmentation> Segment(IReadOnlyList<RgbImage> images, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var results = new Segmentation[images.Count];
        foreach (int[] batch in ImageBatches.Of(images))
        {
            SegmentBatch(images, batch, results, options ?? Options, cancellation);
        }

        return results;
    }

    /// <summary>
    /// As <see cref="Segment(RgbImage, SegmentOptions?, CancellationToken)"/>, without holding the caller's thread: the work goes to the thread
    /// pool, so many calls at a time as there are processors, the others wait for their turn.
    /// </summary>
    /// <param name="image">Any size from 1x1 up; not to be changed meanwhile.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Ends the wait at once, and the computation at its next layer.</param>
    /// <exception cref="FcnSharpException">As of the synchronous call.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<Segmentation> SegmentAsync(RgbImage image, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return _queue.Run(() => Segment(image, options, cancellation), cancellation);
    }

    /// <summary>As <see cref="Segment(string, SegmentOptions?, CancellationToken)"/>, without holding the caller's thread.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Ends the wait at once, and the computation at its next layer.</param>
    /// <exception cref="FcnSharpException">As of the synchronous call.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<Segmentation> SegmentAsync(string path, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return _queue.Run(() => Segment(path, options, cancellation), cancellation);
    }

    /// <summary>As <see cref="Segment(Stream, SegmentOptions?, CancellationToken)"/>, without holding the caller's thread.</summary>
    /// <param name="stream">An encoded picture; not to be used otherwise meanwhile.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Ends the reading and the wait at once, and the computation at its next layer.</param>
    /// <exception cref="FcnSharpException">As of the synchronous call.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<Segmentation> SegmentAsync(Stream stream, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ReadOnlyMemory<byte> encoded = await ImageReader.ReadAllAsync(stream, cancellation).ConfigureAwait(false);
        return await SegmentAsync(encoded, options, cancellation).ConfigureAwait(false);
    }

    /// <summary>As <see cref="Segment(ReadOnlySpan{byte}, SegmentOptions?, CancellationToken)"/>, without holding the caller's thread.</summary>
    /// <param name="encoded">An encoded picture, such as an upload; not to be changed meanwhile.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Ends the wait at once, and the computation at its next layer.</param>
    /// <exception cref="FcnSharpException">As of the synchronous call.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<Segmentation> SegmentAsync(ReadOnlyMemory<byte> encoded, SegmentOptions? options = null, CancellationToken cancellation = default) =>
        _queue.Run(() => Segment(encoded.Span, options, cancellation), cancellation);

    /// <summary>As <see cref="Segment(IReadOnlyList{RgbImage}, SegmentOptions?, CancellationToken)"/>, without holding the caller's thread.</summary>
    /// <param name="images">Images of any sizes; not to be changed meanwhile.</param>
    /// <param name="options">What to compute and how; null for <see cref="Options"/>.</param>
    /// <param name="cancellation">Ends the wait at once, and the computation at its next layer.</param>
    /// <returns>A result for each image, in their order.</returns>
    /// <exception cref="FcnSharpException">As of the synchronous call.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IReadOnlyList<Segmentation>> SegmentAsync(IReadOnlyList<RgbImage> images, SegmentOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var results = new Segmentation[images.Count];
        await Task.WhenAll(ImageBatches.Of(images).Select(batch => _queue.Run(
            () =>
            {
                SegmentBatch(images, batch, results, options ?? Options, cancellation);
                return batch.Length;
            },
            cancellation))).ConfigureAwait(false);
        return results;
    }

    /// <summary>
    /// Segments the images of a folder one after the other, in the order of their paths. One that is broken is an item with an error,
    /// and the others go on. While one is computed the next ones are decoded; what is under way at once is bounded.
    /// </summary>
    /// <param name="folder">A folder with PNG, JPEG or WebP files.</param>
    /// <param name="options">Which images, and how; null for all in it and below.</param>
    /// <param name="cancellation">Ends the run at the next layer.</param>
    /// <exception cref="FcnSharpException">The folder cannot be read, or the weights of the model file are damaged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IAsyncEnumerable<SegmentedFile> SegmentFolderAsync(string folder, FolderOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return FolderRun.Run(this, folder, options ?? new FolderOptions(), cancellation);
    }

    /// <summary>
    /// The class of each pixel of an image that is too large to be computed at once: in tiles, each with as much of its
    /// surroundings as its pixels depend on, so that memory is bounded whatever the image's size. With <see cref="TileHalo.Exact"/>
    /// the classes are those of <see cref="Segment(RgbImage, SegmentOptions?, CancellationToken)"/> but where two scores are as good as equal (docs/numerics.md).
    /// </summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public LabelMap SegmentTiled(RgbImage image, TileOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var sink = new LabelMapSink(image.Width, image.Height, confidence: false);
        SegmentTiled(new ImageSource(image), sink, options, cancellation);
        return sink.Classes;
    }

    /// <summary>As <see cref="SegmentTiled(RgbImage, TileOptions?, CancellationToken)"/>, and the confidence of each pixel.</summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public (LabelMap Classes, float[] Confidence) SegmentTiledWithConfidence(RgbImage image, TileOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var sink = new LabelMapSink(image.Width, image.Height, confidence: true);
        SegmentTiled(new ImageSource(image), sink, options, cancellation);
        return (sink.Classes, sink.Confidence);
    }

    /// <summary>As <see cref="SegmentTiled(RgbImage, TileOptions?, CancellationToken)"/> for an image that is larger than memory: neither its pixels nor its classes are ever held at once.</summary>
    /// <param name="source">Gives the pixels by rows.</param>
    /// <param name="sink">Takes the classes by rows.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <returns>How the image was cut.</returns>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public TilePlan SegmentTiled(IPixelSource source, ILabelSink sink, TileOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sink);
        var tiles = new TiledSegmentation(_network, Description.Preprocessing, sink.WantsConfidence ? SegmentationNet.ClassesAndConfidence : SegmentationNet.Classes);
        return tiles.Run(source, sink, options ?? new TileOptions(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Dispose();
        if (_file is null)
        {
            return;
        }

        _network.Dispose();
        _file.Dispose();
        _ownDevice?.Dispose();
    }

    private static NetGraph Build(string net, NetOptions options, string path)
    {
        try
        {
            return Catalogue.Build(net, options);
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{path}: {e.Message}", e);
        }
    }

    private void SegmentBatch(IReadOnlyList<RgbImage> images, int[] batch, Segmentation[] results, SegmentOptions options, CancellationToken cancellation)
    {
        if (batch.Length == 1 || options.Tiles is not null || options.TestTimeAugmentation is not null)
        {
            foreach (int i in batch)
            {
                results[i] = Segment(images[i], options, cancellation);
            }

            return;
        }

        foreach ((int i, (LabelMap map, float[]? confidence)) in batch.Zip(_net.Classify([.. batch.Select(i => images[i])], options.Confidence, cancellation)))
        {
            results[i] = new Segmentation(map, Description.Classes, confidence);
        }
    }

    private (LabelMap Map, float[]? Confidence) Averaged(RgbImage image, TestTimeAugmentation options, bool withConfidence, CancellationToken cancellation)
    {
        (LabelMap map, float[] confidence) = AveragedPasses.Run(_net, Description.Classes.Count, image, options, cancellation);
        return (map, withConfidence ? confidence : null);
    }

    private (LabelMap Map, float[]? Confidence) Tiled(RgbImage image, TileOptions options, bool withConfidence, CancellationToken cancellation)
    {
        var sink = new LabelMapSink(image.Width, image.Height, withConfidence);
        SegmentTiled(new ImageSource(image), sink, options, cancellation);
        WaitForCheck(cancellation);
        return (sink.Classes, withConfidence ? sink.Confidence : null);
    }
}
