using System.Globalization;
using System.IO.Enumeration;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>Factors of the learning rate and the weight decay of the parameters whose names fit a pattern, on top of those that the net gives them.</summary>
/// <param name="Pattern">A parameter's name, in which * stands for anything, such as "score_*".</param>
/// <param name="LearningRate">Factor of the learning rate; 0 freezes.</param>
/// <param name="Decay">Factor of the weight decay.</param>
public sealed record ParameterRule(string Pattern, float LearningRate, float Decay = 1)
{
    /// <summary>The rules that freeze everything but the layers that make scores and upsample them.</summary>
    public static IReadOnlyList<ParameterRule> FrozenBackbone(NetGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return [.. graph.Parameters.Where(p => !IsHead(p)).Select(p => new ParameterRule(p.Name, 0))];
    }

    /// <summary>Changes a graph's parameters, rule after rule; before a network is made of it.</summary>
    /// <exception cref="FcnSharpException">A rule fits no parameter.</exception>
    public static void Apply(NetGraph graph, IEnumerable<ParameterRule> rules)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(rules);
        foreach (ParameterRule rule in rules)
        {
            Parameter[] fitting = [.. graph.Parameters.Where(p => FileSystemName.MatchesSimpleExpression(rule.Pattern, p.Name, ignoreCase: false))];
            if (fitting.Length == 0)
            {
                throw new FcnSharpException($"No parameter of {graph.Name} fits \"{rule.Pattern}\"; fcn info {graph.Name} lists its layers.");
            }

            foreach (Parameter parameter in fitting)
            {
                parameter.Override(parameter.LearningRateMultiplier * rule.LearningRate, parameter.DecayMultiplier * rule.Decay);
            }
        }
    }

    /// <summary>Reads "PATTERN=RATE" or "PATTERN=RATE/DECAY"; null for what is neither.</summary>
    public static ParameterRule? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int split = text.LastIndexOf('=');
        if (split <= 0)
        {
            return null;
        }

        string[] factors = text[(split + 1)..].Split('/');
        return factors.Length <= 2 && Factor(factors[0]) is { } rate && Factor(factors.Length == 2 ? factors[1] : "1") is { } decay
            ? new ParameterRule(text[..split], rate, decay)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pattern}={LearningRate:R}/{Decay:R}");

    private static bool IsHead(Parameter parameter) =>
        parameter.Name.StartsWith("score", StringComparison.Ordinal) || parameter.Name.StartsWith("upscore", StringComparison.Ordinal);

    private static float? Factor(string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value >= 0 && float.IsFinite(value) ? value : null;
}
