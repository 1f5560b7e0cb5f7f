namespace FcnSharp.Formats.Caffe;

/// <summary>What a definition says of one parameter of a layer.</summary>
/// <param name="Name">Layers that give one name share the parameter; empty for none.</param>
/// <param name="LearningRate">Factor of the learning rate (lr_mult).</param>
/// <param name="Decay">Factor of the weight decay (decay_mult).</param>
public sealed record CaffeParameterSpec(string Name, float LearningRate, float Decay)
{
    /// <summary>What holds where a definition says nothing.</summary>
    public static CaffeParameterSpec Usual { get; } = new("", 1, 1);
}

/// <summary>When a layer is included or excluded; each condition that is there must hold.</summary>
/// <param name="Phase">The phase; null for both.</param>
/// <param name="MinLevel">The lowest level; null for any. A net's level is 0.</param>
/// <param name="MaxLevel">The highest level; null for any.</param>
/// <param name="Stages">Stages the net must be in. A net is in none.</param>
public sealed record CaffeRule(CaffePhase? Phase, int? MinLevel, int? MaxLevel, IReadOnlyList<string> Stages)
{
    /// <summary>Whether it holds in a phase, at level 0 and in no stage.</summary>
    public bool Holds(CaffePhase phase) =>
        (Phase is null || Phase == phase) && !(MinLevel > 0) && !(MaxLevel < 0) && Stages.Count == 0;
}

/// <summary>A layer of a definition.</summary>
/// <param name="Name">Its name; the weights in a .caffemodel are found by it.</param>
/// <param name="Type">Its type in the newer format's names, such as "Convolution".</param>
/// <param name="Bottoms">The blobs it reads.</param>
/// <param name="Tops">The blobs it writes; one that is a bottom too is computed in place.</param>
/// <param name="Parameters">What is said of its parameters, weight first; may be shorter than they are many.</param>
/// <param name="LossWeights">Factor of each top as a loss; empty when not said.</param>
/// <param name="Include">It is there only where one of these holds; empty for always.</param>
/// <param name="Exclude">It is not there where one of these holds.</param>
/// <param name="Message">All its fields, with those particular to its type.</param>
public sealed record CaffeLayerDefinition(
    string Name,
    string Type,
    IReadOnlyList<string> Bottoms,
    IReadOnlyList<string> Tops,
    IReadOnlyList<CaffeParameterSpec> Parameters,
    IReadOnlyList<float> LossWeights,
    IReadOnlyList<CaffeRule> Include,
    IReadOnlyList<CaffeRule> Exclude,
    PrototxtMessage Message)
{
    /// <summary>Whether the layer is there in a phase.</summary>
    public bool IsIn(CaffePhase phase) =>
        (Include.Count == 0 || Include.Any(rule => rule.Holds(phase))) && !Exclude.Any(rule => rule.Holds(phase));

    /// <summary>What is said of one of its parameters.</summary>
    public CaffeParameterSpec Parameter(int index) => index < Parameters.Count ? Parameters[index] : CaffeParameterSpec.Usual;
}
