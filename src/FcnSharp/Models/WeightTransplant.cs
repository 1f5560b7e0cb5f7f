using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>
/// Loads weights by name into a net that need not be the one they are of: an FCN starts from its classifier (FCN, section 4.1:
/// fc6 and fc7 as convolutions, the last layer discarded), 16s from 32s and 8s from 16s. What has no counterpart is told, and
/// refused unless it is what such a start must leave over: weights that are silently not loaded are the commonest reason for a
/// net that does not learn.
/// </summary>
public static class WeightTransplant
{
    /// <summary>Loads what fits.</summary>
    /// <param name="network">The net; parameters that get no tensor keep their values, so initialise it before.</param>
    /// <param name="tensors">Named as the layers are, such as "conv1_1.weight"; see <see cref="WeightNames"/> for others.</param>
    /// <param name="source">The file they are from, for messages.</param>
    /// <param name="partial">Whether missing, unexpected and mismatched tensors are allowed.</param>
    /// <returns>What became of each.</returns>
    /// <exception cref="FcnSharpException">Something does not fit, and partial loading was not asked for; or nothing fits at all. The net is unchanged then.</exception>
    public static TransplantReport Apply(Network network, IReadOnlyList<NamedTensor> tensors, string source, bool partial = false)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tensors);
        NetGraph graph = network.Graph;
        if (tensors.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FcnSharpException($"{source} has two tensors named {twice.Key}; which one is meant cannot be told, export the file again.");
        }

        Dictionary<string, Tensor> given = tensors.ToDictionary(t => t.Name, t => t.Tensor);
        (string origin, HashSet<string> originNames) = FindOrigin(graph, given);
        var values = new Dictionary<Parameter, Tensor>();
        List<string> matched = [], added = [], missing = [], mismatched = [];
        List<Coercion> coerced = [];
        foreach (Parameter parameter in graph.Parameters)
        {
            if (!given.TryGetValue(parameter.Name, out Tensor? tensor))
            {
                (originNames.Contains(parameter.Name) ? missing : added).Add(parameter.Name);
            }
            else if (tensor.Shape == parameter.Shape)
            {
                matched.Add(parameter.Name);
                values.Add(parameter, tensor);
            }
            else if (Coerce(graph, parameter, tensor) is { } fitted)
            {
                coerced.Add(new Coercion(parameter.Name, tensor.Shape, parameter.Shape, fitted.How));
                values.Add(parameter, fitted.Tensor);
            }
            else
            {
                mismatched.Add($"{parameter.Name} {tensor.Shape} for {parameter.Shape}");
            }
        }

        var known = graph.Parameters.Select(p => p.Name).ToHashSet();
        ILookup<bool, string> rest = given.Keys.Where(n => !known.Contains(n)).Order(StringComparer.Ordinal).ToLookup(n => originNames.Contains(n) || IsAuxiliary(n) || IsFixedScale(graph, n, given[n]));
        var report = new TransplantReport(source, graph.Name, origin, matched, coerced, added, [.. rest[true]], missing, [.. rest[false]], mismatched);
        Check(report, values.Count, partial);
        foreach ((Parameter parameter, Tensor value) in values)
        {
            network.Value(parameter).Write(value.Span);
        }

        return report;
    }

    private static void Check(TransplantReport report, int loaded, bool partial)
    {
        if (loaded == 0)
        {
            throw new FcnSharpException($"{report}; nothing fits, so nothing was loaded: give weights of {string.Join(", ", (string[])[report.Net, .. OriginsOf(report.Net)])}.");
        }

        if (!partial && !report.IsComplete)
        {
            throw new FcnSharpException($"{report}; nothing was loaded: give a file that fits, or allow a partial load.");
        }
    }

    /// <summary>The nearest net that the file has all weights of, as far as they are wanted; the net itself if there is none.</summary>
    private static (string Name, HashSet<string> Names) FindOrigin(NetGraph graph, Dictionary<string, Tensor> given)
    {
        var own = graph.Parameters.Select(p => p.Name).ToHashSet();
        if (!own.All(given.ContainsKey))
        {
            foreach (string origin in OriginsOf(graph.Name))
            {
                HashSet<string> names = [.. Catalogue.Build(origin, new NetOptions { Classes = Catalogue.Get(origin).UsualClasses }).Parameters.Select(p => p.Name)];
                if (names.Where(own.Contains).All(given.ContainsKey))
                {
                    return (origin, names);
                }
            }
        }

        return (graph.Name, own);
    }

    private static IReadOnlyList<string> OriginsOf(string net) => Catalogue.Names.Contains(net) ? Catalogue.Get(net).Origins : [];

    /// <summary>GoogLeNet's two classifiers in the middle of the net, which only its own training used.</summary>
    private static bool IsAuxiliary(string name) =>
        name.StartsWith("loss1/", StringComparison.Ordinal) || name.StartsWith("loss2/", StringComparison.Ordinal);

    /// <summary>Caffe stores the factor of at-once FCN's scales once a channel; with us it belongs to the layer.</summary>
    private static bool IsFixedScale(NetGraph graph, string name, Tensor tensor) =>
        graph.Nodes.Any(n => n.Layer is ScaleLayer s && name == s.Name + ".weight" && !tensor.Span.ContainsAnyExcept(s.Factor));

    private static (Tensor Tensor, string How)? Coerce(NetGraph graph, Parameter parameter, Tensor tensor)
    {
        if (IsSameMatrix(tensor.Shape, parameter.Shape))
        {
            return (tensor, "flat copy");
        }

        return IsFirstWeight(graph, parameter) && Widened(tensor, parameter.Shape) is { } wide ? (wide, "mean over the channels for the new ones") : null;
    }

    /// <summary>
    /// Whether two shapes are one matrix: axes of 1 left out they are the same, or one has O rows of I numbers where the other has
    /// O kernels of as many. Files of old Caffe fill up to four axes with ones in front.
    /// </summary>
    private static bool IsSameMatrix(Shape from, Shape to)
    {
        int[] a = Axes(from);
        int[] b = Axes(to);
        return a.SequenceEqual(b) || (from.ElementCount == to.ElementCount && (a.Length == 2 || b.Length == 2) && a[0] == b[0]);
    }

    private static int[] Axes(Shape shape) => [.. shape.ToArray().Where(d => d != 1)];

    private static bool IsFirstWeight(NetGraph graph, Parameter parameter) =>
        graph.Nodes.Any(n => n.Layer is Conv2dLayer c && c.Weight == parameter && n.Inputs[0].Node is null);

    /// <summary>More input channels (NYUDv2's depth): the new ones start as the mean over those that were there.</summary>
    private static Tensor? Widened(Tensor tensor, Shape to)
    {
        Shape from = tensor.Shape;
        if (from.Rank != 4 || (from.N, from.H, from.W) != (to.N, to.H, to.W) || from.C >= to.C)
        {
            return null;
        }

        var wide = new Tensor(to);
        for (int o = 0; o < to.N; o++)
        {
            for (int y = 0; y < to.H; y++)
            {
                for (int x = 0; x < to.W; x++)
                {
                    double sum = 0;
                    for (int c = 0; c < from.C; c++)
                    {
                        sum += wide[o, c, y, x] = tensor[o, c, y, x];
                    }

                    for (int c = from.C; c < to.C; c++)
                    {
                        wide[o, c, y, x] = (float)(sum / from.C);
                    }
                }
            }
        }

        return wide;
    }
}
