using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Training;

/// <summary>Finds the layer that a loss beyond all numbers comes from.</summary>
internal static class Divergence
{
    // Activations of nets that learn stay below some 1e4; scores from here on are what makes a loss beyond all reason.
    private const float Absurd = 1e6f;

    /// <summary>The first layer whose parameters, or else whose output on the given images, are not finite or absurdly large; null when there is none.</summary>
    /// <param name="network">The net, with the weights that gave the loss.</param>
    /// <param name="images">The images that gave it, [N, 3, H, W].</param>
    /// <param name="shape">Their shape.</param>
    public static string? Find(Network network, ReadOnlySpan<float> images, Shape shape)
    {
        foreach (Parameter parameter in network.Graph.Parameters)
        {
            if (!IsSane(Values(network.Value(parameter))))
            {
                return $"the weights {parameter.Name}";
            }
        }

        using CompiledNet net = network.CompileAllLayers("scores", new Dictionary<string, Shape> { ["image"] = shape });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], images);
        execution.Run();
        foreach (GraphNode node in network.Graph.NodesFor(["scores"]))
        {
            var output = net.Outputs[node.Layer.Name];
            float[] values = new float[output.Shape.ElementCount];
            execution.Read(output, values);
            if (!IsSane(values))
            {
                return $"layer {node.Layer.Name}";
            }
        }

        return null;
    }

    private static float[] Values(IDeviceTensor tensor)
    {
        float[] values = new float[tensor.Shape.ElementCount];
        tensor.Read(values);
        return values;
    }

    private static bool IsSane(float[] values) => Array.TrueForAll(values, v => Math.Abs(v) < Absurd);
}
