using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>An input that a definition declares outside of its layers.</summary>
/// <param name="Name">The blob's name.</param>
/// <param name="Dimensions">Its size, outermost first; empty when not said.</param>
public sealed record CaffeInput(string Name, IReadOnlyList<int> Dimensions);

/// <summary>
/// A net's definition as a .prototxt gives it: deploy, train and test nets, in the newer format (layer, types as text) and in the
/// older one (layers, types as an enum). <see cref="CaffeNet"/> makes a graph of it.
/// </summary>
/// <param name="Source">The file.</param>
/// <param name="Name">The net's name; may be empty.</param>
/// <param name="Inputs">The inputs that are declared outside of the layers.</param>
/// <param name="Layers">All layers of all phases, in order.</param>
public sealed record CaffeNetDefinition(string Source, string Name, IReadOnlyList<CaffeInput> Inputs, IReadOnlyList<CaffeLayerDefinition> Layers)
{
    private static readonly HashSet<string> NetFields =
        ["name", "input", "input_dim", "input_shape", "force_backward", "state", "debug_info", "layer", "layers"];

    private static readonly HashSet<string> RuleFields = ["phase", "min_level", "max_level", "stage", "not_stage"];

    private static readonly HashSet<string> ParamFields = ["name", "lr_mult", "decay_mult", "share_mode"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FcnSharpException">It cannot be read, or is no net's definition.</exception>
    public static CaffeNetDefinition Read(string path) => Of(Prototxt.Read(path));

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">The text of a .prototxt.</param>
    /// <param name="source">Where it is from, for messages.</param>
    /// <exception cref="FcnSharpException">It is no net's definition.</exception>
    public static CaffeNetDefinition Parse(string text, string source) => Of(Prototxt.Parse(text, source));

    private static CaffeNetDefinition Of(PrototxtMessage net)
    {
        net.ExpectOnly("a net", NetFields);
        List<CaffeLayerDefinition> layers = [];
        foreach (PrototxtField field in net.Fields.Where(f => f.Name is "layer" or "layers"))
        {
            PrototxtMessage message = field.Message ?? throw net.Error(field, $"expected a message in braces for '{field.Name}', found {ErrorText.Quote(field.Text)}; correct it");
            layers.Add(field.Name == "layer" ? Layer(message) : V1Layer(message));
        }

        return layers.Count > 0
            ? new CaffeNetDefinition(net.Source, net.Text("name"), ReadInputs(net), layers)
            : throw net.Error("expected a net's layers, found none; give a net's definition");
    }

    private static List<CaffeInput> ReadInputs(PrototxtMessage net)
    {
        IReadOnlyList<string> names = net.Texts("input");
        IReadOnlyList<PrototxtMessage> shapes = net.Messages("input_shape");
        IReadOnlyList<int> dimensions = net.Integers("input_dim");
        const int Axes = 4;
        if ((shapes.Count > 0 && shapes.Count != names.Count) || (dimensions.Count > 0 && dimensions.Count != Axes * names.Count) || (shapes.Count > 0 && dimensions.Count > 0))
        {
            throw net.Error($"expected an input_shape or {Axes} input_dim for each of {names.Count} inputs, found {shapes.Count} and {dimensions.Count}; correct them");
        }

        return [.. names.Select((name, i) => new CaffeInput(name,
            shapes.Count > 0 ? shapes[i].Integers("dim") : dimensions.Count > 0 ? [.. dimensions.Skip(Axes * i).Take(Axes)] : []))];
    }

    private static CaffeLayerDefinition Layer(PrototxtMessage message) => new(
        message.Text("name"),
        message.Text("type"),
        message.Texts("bottom"),
        message.Texts("top"),
        [.. message.Messages("param").Select(Parameter)],
        message.Numbers("loss_weight"),
        Rules(message, "include"),
        Rules(message, "exclude"),
        message);

    private static CaffeLayerDefinition V1Layer(PrototxtMessage message)
    {
        string v1Type = message.Word("type", "NONE");
        return new CaffeLayerDefinition(
            message.Text("name"),
            CaffeLayerTypes.Find(v1Type) ?? throw message.Error($"the layer {ErrorText.Quote(message.Text("name"))} has the type {ErrorText.Quote(v1Type)}, which 'layers' do not have; correct it, or write 'layer' and the type as text"),
            message.Texts("bottom"),
            message.Texts("top"),
            V1Parameters(message),
            message.Numbers("loss_weight"),
            Rules(message, "include"),
            Rules(message, "exclude"),
            message);
    }

    private static CaffeParameterSpec Parameter(PrototxtMessage message)
    {
        message.ExpectOnly("param", ParamFields);
        return new CaffeParameterSpec(message.Text("name"), message.Number("lr_mult", 1), message.Number("decay_mult", 1));
    }

    private static CaffeParameterSpec[] V1Parameters(PrototxtMessage message)
    {
        IReadOnlyList<string> names = message.Texts("param");
        IReadOnlyList<float> rates = message.Numbers("blobs_lr");
        IReadOnlyList<float> decays = message.Numbers("weight_decay");
        var specs = new CaffeParameterSpec[Math.Max(names.Count, Math.Max(rates.Count, decays.Count))];
        for (int i = 0; i < specs.Length; i++)
        {
            specs[i] = new CaffeParameterSpec(
                i < names.Count ? names[i] : "",
                i < rates.Count ? rates[i] : 1,
                i < decays.Count ? decays[i] : 1);
        }

        return specs;
    }

    // A net here is in no stage, so "not_stage" always holds.
    private static CaffeRule[] Rules(PrototxtMessage layer, string name) => [.. layer.Messages(name).Select(rule =>
    {
        rule.ExpectOnly(name, RuleFields);
        return new CaffeRule(
            rule.Has("phase") ? Phase(rule) : null,
            rule.Has("min_level") ? rule.Integer("min_level", 0) : null,
            rule.Has("max_level") ? rule.Integer("max_level", 0) : null,
            rule.Texts("stage"));
    })];

    private static CaffePhase Phase(PrototxtMessage rule) => rule.Word("phase", "") switch
    {
        "TRAIN" => CaffePhase.Train,
        "TEST" => CaffePhase.Test,
        string other => throw rule.Error($"expected the phase TRAIN or TEST, found {ErrorText.Quote(other)}; correct it"),
    };
}
