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
/// up. Safe to use from several threads at once; each call in flight has memory of its own.
/// </summary>
public sealed class Segmenter : IDisposable
{
    private static readonly CompileTarget Classes = CompileTarget.Inference("classes");
    private static readonly CompileTarget ClassesAndConfidence = CompileTarget.Inference("confidentClasses", "confidence");
    private readonly Network _network;
    private readonly bool _ownsNetwork;
    private readonly OpenModel? _file;
    private TiledSegmentation? _tiles;
    private TiledSegmentation? _tilesWithConfidence;

    /// <summary>Uses a net that is there already, such as one in training; it stays the caller's.</summary>
    public Segmenter(Network network, ModelDescription description)
        : this(network, description, ownsNetwork: false, file: null)
    {
    }

    private Segmenter(Network network, ModelDescription description, bool ownsNetwork, OpenModel? file)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(description);
        _network = network;
        _ownsNetwork = ownsNetwork;
        _file = file;
        Description = description;
    }

    /// <summary>The model: its net, classes, preprocessing, recipe and metrics.</summary>
    public ModelDescription Description { get; }

    /// <summary>
    /// Loads a model file. The weights are read when the first image shows how they are to be laid out, and checked against their
    /// hash beside that, so the file stays open, and damaged weights are told of by the first call that would use them.
    /// </summary>
    /// <param name="path">A .safetensors file written by FcnSharp.</param>
    /// <param name="device">Where to compute; it stays the caller's.</param>
    /// <exception cref="FcnSharpException">The file cannot be read, is newer than this version, no model of ours, or its header is damaged.</exception>
    public static Segmenter Load(string path, IDevice device)
    {
        OpenModel file = ModelFile.Open(path);
        Network? network = null;
        try
        {
            NetOptions options = NetOptions.Parse(file.Description.Architecture.Options, path);
            if (options.Classes != file.Description.Classes.Count)
            {
                throw new FcnSharpException($"{path}: the net has {options.Classes} classes, but {file.Description.Classes.Count} are named; the file was not written by FcnSharp, or is damaged.");
            }

            network = new Network(Build(file.Description.Architecture.Name, options, path), device);
            network.LoadFrom(file.Tensors, path);
            network.FreezeParameters();
            return new Segmenter(network, file.Description, ownsNetwork: true, file);
        }
        catch
        {
            network?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the weights of the model file are checked, which goes on beside the first use of it; every result waits for it by itself.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="FcnSharpException">They are damaged.</exception>
    public void WaitForCheck(CancellationToken cancellation = default) => _file?.WaitForCheck(cancellation);

    /// <summary>The class of each pixel.</summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The image needs more memory than there is; the message says how much. Or the weights of the model file are damaged.</exception>
    public LabelMap Segment(RgbImage image, CancellationToken cancellation = default)
    {
        CompiledNet net = Compile(Classes, image);
        using IExecution execution = Run(net, image, cancellation);
        return ReadClasses(execution, net.Outputs["classes"], image);
    }

    /// <summary>The class of each pixel and the softmax probability of that class, from 1 / classes to 1, row by row.</summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The image needs more memory than there is, the net has no output "confidence", or the weights of the model file are damaged.</exception>
    public (LabelMap Classes, float[] Confidence) SegmentWithConfidence(RgbImage image, CancellationToken cancellation = default)
    {
        CompiledNet net = Compile(ClassesAndConfidence, image);
        using IExecution execution = Run(net, image, cancellation);
        LabelMap classes = ReadClasses(execution, net.Outputs["confidentClasses"], image);
        float[] confidence = new float[classes.Labels.Length];
        execution.Read(net.Outputs["confidence"], confidence);
        return (classes, confidence);
    }

    /// <summary>
    /// The class of each pixel of an image that is too large to be computed at once: in tiles, each with as much of its
    /// surroundings as its pixels depend on, so that memory is bounded whatever the image's size. With <see cref="TileHalo.Exact"/>
    /// the classes are those of <see cref="Segment"/> but where two scores are as good as equal (docs/numerics.md).
    /// </summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public LabelMap SegmentTiled(RgbImage image, TileOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var sink = new LabelMapSink(image.Width, image.Height, confidence: false);
        SegmentTiled(new RgbImageSource(image), sink, options, cancellation);
        return sink.Classes;
    }

    /// <summary>As <see cref="SegmentTiled(RgbImage, TileOptions?, CancellationToken)"/>, and the confidence as <see cref="SegmentWithConfidence"/> gives it.</summary>
    /// <param name="image">Any size from 1x1 up.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public (LabelMap Classes, float[] Confidence) SegmentTiledWithConfidence(RgbImage image, TileOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var sink = new LabelMapSink(image.Width, image.Height, confidence: true);
        SegmentTiled(new RgbImageSource(image), sink, options, cancellation);
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
        return Tiles(sink.WantsConfidence).Run(source, sink, options ?? new TileOptions(), WaitForCheck, cancellation);
    }

    /// <summary>How <see cref="SegmentTiled(IPixelSource, ILabelSink, TileOptions?, CancellationToken)"/> would cut an image; one tile where all of it fits.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="options">Memory and halo; null for the usual ones.</param>
    /// <param name="confidence">Whether confidences are wanted, too.</param>
    /// <exception cref="FcnSharpException">The net depends on the image as a whole, or even the smallest tile needs more memory than is allowed.</exception>
    public TilePlan PlanTiles(int height, int width, TileOptions? options = null, bool confidence = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        return Tiles(confidence).Fit(height, width, options ?? new TileOptions());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsNetwork)
        {
            _network.Dispose();
        }

        _file?.Dispose();
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

    private TiledSegmentation Tiles(bool confidence) => confidence
        ? LazyInitializer.EnsureInitialized(ref _tilesWithConfidence, () => new(_network, Description.Preprocessing, ClassesAndConfidence))
        : LazyInitializer.EnsureInitialized(ref _tiles, () => new(_network, Description.Preprocessing, Classes));

    private CompiledNet Compile(CompileTarget target, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return _network.Compile(target, new Dictionary<string, Shape> { ["image"] = new Shape(1, 3, image.Height, image.Width) });
    }

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
