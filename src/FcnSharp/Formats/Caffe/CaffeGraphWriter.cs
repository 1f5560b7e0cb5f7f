using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using LabelType = FcnSharp.Tensors.Programs.ElementType;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// Writes the graph of a definition: follows the blobs from layer to layer, in place or not, with their shapes as far as the
/// definition says them. What each type of layer becomes stands in <see cref="CaffeLayerWriter"/>.
/// </summary>
internal sealed class CaffeGraphWriter
{
    private const int LongestName = 200;

    /// <summary>A photograph's, where the definition leaves the channels to its data.</summary>
    private const int UsualChannels = 3;

    private static readonly HashSet<string> DataTypes =
        ["Input", "Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "Python"];

    private static readonly HashSet<string> SkippedTypes = ["Accuracy", "Silence", "HDF5Output"];

    private readonly CaffeNetDefinition _definition;
    private readonly CaffePhase _phase;
    private readonly IReadOnlyDictionary<string, Shape> _given;
    private readonly IReadOnlyList<CaffeLayerDefinition> _layers;
    private readonly HashSet<string> _labels;
    private readonly GraphBuilder _builder;
    private readonly string _netName;
    private readonly Dictionary<string, CaffeBlob> _blobs = [];
    private readonly Dictionary<string, Shape> _inputShapes = [];
    private readonly Dictionary<string, Parameter> _shared = [];
    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly Dictionary<string, BatchNorm2dLayer> _norms = [];

    /// <summary>Blobs that nothing has read since they were written.</summary>
    private readonly HashSet<string> _unread = [];

    public CaffeGraphWriter(CaffeNetDefinition definition, CaffePhase phase, IReadOnlyDictionary<string, Shape> given)
    {
        (_definition, _phase, _given) = (definition, phase, given);
        _layers = [.. definition.Layers.Where(layer => layer.IsIn(phase))];
        _labels = LabelsOf(_layers);
        string shown = ErrorText.OneLine(definition.Name.Length > 0 ? definition.Name : Path.GetFileName(definition.Source));
        _netName = shown.Length <= LongestName ? shown : shown[..LongestName];
        _builder = new GraphBuilder(_netName);
    }

    /// <summary>The whole net.</summary>
    public CaffeNet Write()
    {
        foreach (CaffeInput input in _definition.Inputs)
        {
            Located(_definition.Layers[0], () => AddInput(input.Name, input.Dimensions.Count > 0 ? CaffeDataShapes.FourAxes(input.Dimensions) : null, UsualChannels));
        }

        foreach (CaffeLayerDefinition layer in _layers)
        {
            Located(layer, () => Write(layer));
        }

        foreach ((string name, CaffeBlob blob) in _blobs)
        {
            _builder.Output(name, blob.Value);
        }

        if (_given.Keys.FirstOrDefault(name => !_inputShapes.ContainsKey(name) && !_labels.Contains(name)) is { } unknown)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(_definition.Source)} has no input {ErrorText.Quote(unknown)} in this phase, for which a shape was given; leave it out.");
        }

        return new CaffeNet(_builder.Build(), _phase, _inputShapes, [.. _blobs.Keys.Where(_unread.Contains)], new CaffePlaces(_parameters, _norms));
    }

    /// <summary>The blob that a layer reads.</summary>
    public CaffeBlob Read(CaffeLayerDefinition layer, int index)
    {
        string name = layer.Bottoms[index];
        _unread.Remove(name);
        return _blobs.TryGetValue(name, out CaffeBlob? blob)
            ? blob
            : throw layer.Message.Error($"the layer {ErrorText.Quote(layer.Name)} reads the blob {ErrorText.Quote(name)}, which no layer before it writes in this phase; correct its bottom");
    }

    /// <summary>Appends a layer, whose first output becomes the top.</summary>
    /// <param name="definition">What the file says.</param>
    /// <param name="layer">What it is here.</param>
    /// <param name="channels">Channels of its output.</param>
    /// <param name="flat">Whether the top is flattened for Caffe.</param>
    /// <param name="inputs">What it reads.</param>
    public void Append(CaffeLayerDefinition definition, Layer layer, int channels, bool flat, params CaffeBlob[] inputs)
    {
        Define(definition.Tops.Count > 0 ? definition.Tops[0] : definition.Name, Add(layer, channels, flat, inputs));
    }

    /// <summary>Appends a layer that makes one of a definition's tops.</summary>
    /// <param name="definition">What the file says.</param>
    /// <param name="layer">What it is here.</param>
    /// <param name="top">Index of the top.</param>
    /// <param name="channels">Channels of its output.</param>
    /// <param name="input">What it reads.</param>
    public void AppendPart(CaffeLayerDefinition definition, Layer layer, int top, int channels, CaffeBlob input) =>
        Define(definition.Tops[top], Add(layer, channels, false, input));

    /// <summary>Tells where a batch norm's blobs go: estimates to be divided by a third blob. What it has beside them no file holds.</summary>
    public void AddEstimates(CaffeLayerDefinition layer, BatchNorm2dLayer norm)
    {
        _parameters.TryAdd(layer.Name + ".weight", norm.RunningMean);
        _parameters.TryAdd(layer.Name + ".bias", norm.RunningVariance);
        _norms.TryAdd(layer.Name, norm);
    }

    /// <summary>The phase that the net is built for.</summary>
    public CaffePhase Phase => _phase;

    /// <summary>Gives a blob its value from here on.</summary>
    public void Define(string name, CaffeBlob blob)
    {
        CheckName(name, "blob");
        _blobs[name] = blob;
        _unread.Add(name);
    }

    /// <summary>A parameter of a layer: its own, or one that it shares by a name.</summary>
    public Parameter Parameter(CaffeLayerDefinition layer, int index, Shape shape, Initializer initializer)
    {
        CaffeParameterSpec spec = layer.Parameter(index);
        string name = layer.Name + (index == 0 ? ".weight" : ".bias");
        if (spec.Name.Length == 0 || !_shared.TryGetValue(spec.Name, out Parameter? parameter))
        {
            parameter = new Parameter(name, shape, initializer) { LearningRateMultiplier = spec.LearningRate, DecayMultiplier = spec.Decay };
        }
        else if (parameter.Shape != shape)
        {
            throw layer.Message.Error($"the layer {ErrorText.Quote(layer.Name)} shares the parameter {ErrorText.Quote(spec.Name)} of shape {parameter.Shape}, but needs one of {shape}; give it a name of its own");
        }

        if (spec.Name.Length > 0)
        {
            _shared.TryAdd(spec.Name, parameter);
        }

        _parameters.TryAdd(name, parameter);
        return parameter;
    }

    private CaffeBlob Add(Layer layer, int channels, bool flat, params CaffeBlob[] inputs)
    {
        Shape? shape = inputs.All(input => input.Shape is not null) ? layer.InferShapes([.. inputs.Select(input => input.Shape!.Value)])[0] : null;
        return new CaffeBlob(_builder.Add(layer, channels, [.. inputs.Select(input => input.Value)]), shape, flat);
    }

    private void Write(CaffeLayerDefinition layer)
    {
        CheckName(layer.Name, "layer");
        if (DataTypes.Contains(layer.Type) && layer.Bottoms.Count == 0)
        {
            (Shape? shape, int channels) = CaffeDataShapes.Read(layer, UsualChannels);
            IReadOnlyList<Shape> declared = CaffeDataShapes.Declared(layer);
            for (int i = 0; i < layer.Tops.Count; i++)
            {
                AddInput(layer.Tops[i], declared.Count == 0 ? shape : declared[Math.Min(i, declared.Count - 1)], channels);
            }
        }
        else if (!SkippedTypes.Contains(layer.Type))
        {
            CaffeLayerWriter.Write(this, layer);
        }
    }

    private void AddInput(string name, Shape? shape, int channels)
    {
        CheckName(name, "input");
        if (_labels.Contains(name))
        {
            Define(name, new CaffeBlob(_builder.Input(name, 1, LabelType.Int32), null, false));
            return;
        }

        if (_given.TryGetValue(name, out Shape given))
        {
            const int Axes = 4;
            shape = given.Rank == Axes
                ? given
                : throw new FcnSharpException($"the input {ErrorText.Quote(name)} was given the shape {given}, expected N x C x H x W; give all four.");
        }

        if (shape is { } known)
        {
            _inputShapes[name] = known;
            channels = known.C;
        }

        Define(name, new CaffeBlob(_builder.Input(name, channels), shape, false));
    }

    /// <summary>Inputs that hold classes: what losses and accuracies compare with, also behind a split.</summary>
    private static HashSet<string> LabelsOf(IReadOnlyList<CaffeLayerDefinition> layers)
    {
        HashSet<string> labels = [];
        foreach (CaffeLayerDefinition layer in layers.Reverse())
        {
            if (layer.Type is "SoftmaxWithLoss" or "Accuracy" && layer.Bottoms.Count > 1)
            {
                labels.Add(layer.Bottoms[1]);
            }
            else if (layer.Type == "Split" && layer.Bottoms.Count > 0 && layer.Tops.Any(labels.Contains))
            {
                labels.Add(layer.Bottoms[0]);
            }
        }

        return labels;
    }

    // Names go into messages and become keys: short, and nothing that does not print.
    private static void CheckName(string name, string what)
    {
        if (name.Length is 0 or > LongestName || ErrorText.OneLine(name) != name)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"the {what} has the name {ErrorText.Quote(name)}, expected 1 to {LongestName} printable characters; correct it."));
        }
    }

    /// <summary>Adds the place in the file to errors that do not know it.</summary>
    private void Located(CaffeLayerDefinition layer, Action write)
    {
        try
        {
            write();
        }
        catch (FcnSharpException e) when (!e.Message.StartsWith(ErrorText.OneLine(_definition.Source) + ":", StringComparison.Ordinal))
        {
            string netPart = $"{_netName}, layer {layer.Name}: ";
            string problem = e.Message.StartsWith(netPart, StringComparison.Ordinal) ? e.Message[netPart.Length..] : e.Message;
            throw layer.Message.Error($"{ErrorText.Quote(layer.Name)} ({ErrorText.OneLine(layer.Type.Length > 0 ? ErrorText.Quote(layer.Type).Trim('\'') : "no type")}): {problem.TrimEnd('.')}", e);
        }
    }
}
