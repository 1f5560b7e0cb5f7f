using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;

namespace FcnSharp.TestKit;

/// <summary>A dataset of scenes that are drawn when they are asked for.</summary>
public sealed class DrawnScenes(int count, int width, int height, long seed) : ISegmentationDataset
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public IReadOnlyList<ClassInfo> Classes => SceneClasses.All;

    /// <inheritdoc/>
    public int IgnoreIndex => 255;

    /// <inheritdoc/>
    public Sample Load(int index) => SyntheticScenes.Generate(width, height, seed, index);
}

/// <summary>The mini net with its description, as the demo trains it.</summary>
public static class MiniNet
{
    /// <summary>What a model file says of it.</summary>
    public static ModelDescription Description { get; } = new(
        new ModelArchitecture("mini-fcn8s", new NetOptions { Classes = SceneClasses.All.Count }.ToStrings()),
        SceneClasses.All,
        new Preprocessing(ChannelOrder.Rgb, [128, 128, 128], 1 / 64f));

    /// <summary>A freshly initialised net.</summary>
    public static Network Create(CpuDevice device, ulong seed = 1)
    {
        var network = new Network(Catalogue.Build("mini-fcn8s", new NetOptions { Classes = SceneClasses.All.Count }), device);
        network.Initialize(seed);
        return network;
    }

    /// <summary>A net whose score layers are random, so that it sees several classes without training.</summary>
    public static Network CreateSeeing(CpuDevice device)
    {
        Network network = Create(device);
        foreach (Parameter p in network.Graph.Parameters.Where(p => p.Name.StartsWith("score_", StringComparison.Ordinal)))
        {
            var tensor = new Tensor(p.Shape);
            Initializer.Gaussian(0.1).Fill(tensor, 3, CounterRandom.StreamOf(p.Name));
            network.Value(p).Write(tensor.Span);
        }

        return network;
    }

    /// <summary>All weights in one array, to compare bits.</summary>
    public static float[] Weights(Network network) => [.. network.Save().SelectMany(t => t.Value.Span.ToArray())];
}
