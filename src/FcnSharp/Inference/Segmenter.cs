using System.Buffers;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference.Tiling;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Inference;

/// <summary>
/// Segments images with a trained net: an image in, a class for each of its pixels out. Images may have any size from 1x1
/// up. Safe to use from several threads at once; each call in flight has memory of its own, and gives the same bits as alone.
/// </summary>
public sealed class Segmenter : IDisposable
{
    private static readonly CompileTarget Classes = CompileTarget.Inference("classes");
    private static readonly CompileTarget ClassesAndConfidence = CompileTarget.Inference("confidentClasses", "confidence");
    private readonly Network _network;
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
        (LabelMap map, float[]? confidence) = options.Confidence ? ComputeConfident(image, cancellation) : (Compute(image, cancellation), null);
        return new Segmentation(map, Description.Classes, confidence);
    }

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
        var tiles = new TiledSegmentation(_network, Description.Preprocessing, sink.WantsConfidence ? ClassesAndConfidence : Classes);
        return tiles.Run(source, sink, options ?? new TileOptions(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
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

    private LabelMap Compute(RgbImage image, CancellationToken cancellation)
    {
        CompiledNet net = Compile(Classes, image);
        using IExecution execution = Run(net, image, cancellation);
        return ReadClasses(execution, net.Outputs["classes"], image);
    }

    private (LabelMap Map, float[] Confidence) ComputeConfident(RgbImage image, CancellationToken cancellation)
    {
        CompiledNet net = Compile(ClassesAndConfidence, image);
        using IExecution execution = Run(net, image, cancellation);
        LabelMap map = ReadClasses(execution, net.Outputs["confidentClasses"], image);
        float[] confidence = new float[map.Labels.Length];
        execution.Read(net.Outputs["confidence"], confidence);
        return (map, confidence);
    }

    private CompiledNet Compile(CompileTarget target, RgbImage image) =>
        _network.Compile(target, new Dictionary<string, Shape> { ["image"] = new Shape(1, 3, image.Height, image.Width) });

    private IExecution Run(CompiledNet net, RgbImage image, CancellationToken cancellation)
    {
        IExecution execution = net.Plan.Begin();
        try
        {
            WriteImage(execution, net.Inputs["image"], image);
            execution.Run(cancellation);
            _file?.WaitForCheck(cancellation);
            return execution;
        }
        catch
        {
            execution.Dispose();
            throw;
        }
    }

    private void WriteImage(IExecution execution, ProgramValue input, RgbImage image)
    {
        int length = image.Pixels.Length;
        float[] planes = ArrayPool<float>.Shared.Rent(length);
        try
        {
            InputEncoder.Encode(image, Description.Preprocessing, planes.AsSpan(0, length));
            execution.Write(input, planes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(planes);
        }
    }

    private static LabelMap ReadClasses(IExecution execution, ProgramValue output, RgbImage image)
    {
        var result = new LabelMap(image.Width, image.Height);
        int[] classes = ArrayPool<int>.Shared.Rent(result.Labels.Length);
        try
        {
            execution.Read(output, classes.AsSpan(0, result.Labels.Length));
            for (int i = 0; i < result.Labels.Length; i++)
            {
                result.Labels[i] = (ushort)classes[i];
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(classes);
        }

        return result;
    }
}
