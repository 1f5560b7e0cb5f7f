using System.Globalization;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>The weights of a model that a net has a place for, and what did not fit.</summary>
/// <param name="Tensors">The tensors by the parameter's name, in its shape; their elements are shared with the model.</param>
/// <param name="Missing">Parameters that the model has no tensor for.</param>
/// <param name="Unexpected">Tensors of the model that the net has no parameter for.</param>
/// <param name="Coerced">Parameters whose tensor had another shape with the same elements in the same order: a bias of four axes, a fully connected layer that is a convolution here.</param>
public sealed record CaffeWeights(
    IReadOnlyDictionary<string, Tensor> Tensors,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Coerced)
{
    /// <summary>Refuses a model that does not cover the net, or covers more.</summary>
    /// <exception cref="FcnSharpException">A tensor is missing or unexpected.</exception>
    public void ExpectComplete(string net, string source)
    {
        if (Missing.Count + Unexpected.Count > 0)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(source)} does not fit {net}: {Names("missing", Missing)}{Names("unexpected", Unexpected)}give the weights of the same net, or allow a partial load.");
        }
    }

    /// <summary>Finds each parameter's tensor.</summary>
    /// <param name="graph">The net.</param>
    /// <param name="places">Where the model's tensors go.</param>
    /// <param name="model">The model.</param>
    /// <param name="source">Where it is from.</param>
    internal static CaffeWeights Match(NetGraph graph, CaffePlaces places, CaffeModel model, string source)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, Tensor> tensors = [];
        List<string> unexpected = [];
        List<string> coerced = [];
        foreach (NamedTensor tensor in model.Tensors)
        {
            if (places.IsFactor(tensor))
            {
                continue;
            }

            if (!places.Parameters.TryGetValue(tensor.Name, out Parameter? parameter))
            {
                unexpected.Add(tensor.Name);
                continue;
            }

            if (!IsSameLayout(tensor.Tensor.Shape, parameter.Shape))
            {
                throw new FcnSharpException($"{ErrorText.OneLine(source)}: {ErrorText.Quote(tensor.Name)} has the shape {tensor.Tensor.Shape}, {graph.Name} needs {parameter.Shape}; give the weights of the same net, or correct its definition.");
            }

            if (tensor.Tensor.Shape != parameter.Shape)
            {
                coerced.Add(parameter.Name);
            }

            tensors[parameter.Name] = tensor.Tensor.Reshape(parameter.Shape);
        }

        places.DivideEstimates(tensors, model.Tensors, source);
        string[] missing = [.. graph.Parameters.Where(p => !places.IsConstant(p)).Select(p => p.Name).Where(name => !tensors.ContainsKey(name))];
        return new CaffeWeights(tensors, missing, unexpected, coerced);
    }

    // The older format pads shapes with ones in front, and a matrix [O, I] has the elements of [O, C, kH, kW] in order.
    private static bool IsSameLayout(Shape found, Shape needed)
    {
        const int MatrixAxes = 2;
        int[] from = WithoutLeadingOnes(found);
        int[] to = WithoutLeadingOnes(needed);
        return from.SequenceEqual(to)
            || (found.ElementCount == needed.ElementCount && from.Length <= MatrixAxes && (needed[0] == 1 || from[0] == needed[0]));
    }

    private static int[] WithoutLeadingOnes(Shape shape) => [.. shape.ToArray().SkipWhile(size => size == 1)];

    private static string Names(string what, IReadOnlyList<string> names) => names.Count == 0 ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"{names.Count} {what} ({string.Join(", ", names.Take(3).Select(ErrorText.Quote))}{(names.Count > 3 ? ", ..." : "")}), ");
}
