using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;

namespace FcnSharp.Models;

/// <summary>
/// Weights that expect one input made to expect another: the channel order of the first convolution is turned and its weights are
/// scaled, so that the net computes the same. The mean stays that of the old input: with padding, no weights could make up for it.
/// </summary>
public static class InputConversion
{
    /// <summary>Converts the first convolution's weight among some tensors.</summary>
    /// <param name="graph">The net; it tells which convolution reads the image.</param>
    /// <param name="tensors">Weights under our names. They stay as they are.</param>
    /// <param name="from">The input that the weights expect.</param>
    /// <param name="to">The channel order and scale that are wanted.</param>
    /// <returns>The weights, and the input that they expect now: order and scale of <paramref name="to"/>, mean of <paramref name="from"/>.</returns>
    /// <exception cref="FcnSharpException">The first weight is not there or not one of three colours.</exception>
    public static (IReadOnlyList<NamedTensor> Tensors, Preprocessing Preprocessing) Convert(NetGraph graph, IReadOnlyList<NamedTensor> tensors, Preprocessing from, Preprocessing to)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        string name = graph.Nodes.FirstOrDefault(n => n.Layer is Conv2dLayer && n.Inputs[0].Node is null) is { Layer: Conv2dLayer first }
            ? first.Weight.Name
            : throw new FcnSharpException($"{graph.Name} has no convolution on its image, so its input cannot be converted.");
        NamedTensor[] converted = [.. tensors];
        int index = Array.FindIndex(converted, t => t.Name == name);
        if (index < 0 || converted[index].Tensor.Shape is not { Rank: 4, C: 3 })
        {
            throw new FcnSharpException($"{graph.Name}: converting the input needs {name} with three input channels, found {(index < 0 ? "none" : converted[index].Tensor.Shape)}; give the weights of a net for colour images.");
        }

        Tensor old = converted[index].Tensor;
        var weight = new Tensor(old.Shape);
        int plane = old.Shape.H * old.Shape.W;
        int Other(int channel) => from.Order == to.Order ? channel : 2 - channel;
        for (int o = 0; o < old.Shape.N; o++)
        {
            for (int c = 0; c < 3; c++)
            {
                // weight * scale is what a pixel is multiplied by, and that must stay. Equal scales cancel to exactly 1.
                float factor = from.Scale[Other(c)] / to.Scale[c];
                Span<float> target = weight.Span.Slice((o * 3 + c) * plane, plane);
                old.Span.Slice((o * 3 + Other(c)) * plane, plane).CopyTo(target);
                foreach (ref float value in target)
                {
                    value *= factor;
                }
            }
        }

        converted[index] = new NamedTensor(name, weight);
        return (converted, new Preprocessing(to.Order, [.. Enumerable.Range(0, 3).Select(c => from.Mean[Other(c)])], to.Scale));
    }
}
