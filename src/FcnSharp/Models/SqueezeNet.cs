using FcnSharp.Graph;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// SqueezeNet (Iandola et al., arXiv:1602.07360, table 1), versions 1.0 and 1.1 as its authors published them for Caffe, and
/// FCNs on them. Its fire modules squeeze to few channels by 1x1 and expand by 1x1 and 3x3 side by side. Its coarsest stride is 16.
/// </summary>
internal static class SqueezeNet
{
    private const float DropoutRatio = 0.5f;

    /// <summary>Channels of a fire module, by the number in its name.</summary>
    private static readonly (int Number, int Squeeze, int Expand)[] FireModules =
        [(2, 16, 64), (3, 16, 64), (4, 32, 128), (5, 32, 128), (6, 48, 192), (7, 48, 192), (8, 64, 256), (9, 64, 256)];

    /// <summary>What differs between the versions.</summary>
    /// <param name="Channels">Channels of the first convolution.</param>
    /// <param name="Kernel">Its kernel.</param>
    /// <param name="PoolsAfter">After which fire modules a pooling follows, of the module's number.</param>
    /// <param name="ScorePadding">Padding of conv10, the classifier's last convolution.</param>
    internal sealed record Version(int Channels, int Kernel, int[] PoolsAfter, int ScorePadding);

    /// <summary>Version 1.0.</summary>
    public static Version V10 { get; } = new(96, 7, [4, 8], ScorePadding: 1);

    /// <summary>Version 1.1: 2.4 times less work.</summary>
    public static Version V11 { get; } = new(64, 3, [3, 5], ScorePadding: 0);

    /// <summary>The classifier of 227x227 images, with outputs "scores" and "probabilities".</summary>
    public static NetGraph Classifier(string name, NetOptions options, Version version)
    {
        var b = new GraphBuilder(name);
        (GraphValue x, _) = Trunk(b, b.Input("image", options.InputChannels ?? 3), version, firstPadding: 0, poolPadding: 0);

        x = b.Relu("relu_conv10", b.Conv2d("conv10", x, options.Classes, Conv2dParameters.Square(1, padding: version.ScorePadding)));
        x = b.GlobalPool2d("pool10", x);

        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("prob", x));
        return b.Build();
    }

    /// <summary>The FCN of a stride of 16, 8 or 4.</summary>
    public static NetGraph Fcn(string name, NetOptions options, Version version, int stride)
    {
        var b = new GraphBuilder(name);
        GraphValue image = b.Input("image", options.InputChannels ?? 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        bool tight = options.Padding == BorderPadding.Tight;
        (GraphValue x, Skip[] skips) = Trunk(b, image, version, firstPadding: tight ? version.Kernel / 2 : 100, poolPadding: tight ? 1 : 0);

        new FcnHead(b, image, options).Write(labels, x, skips[..(stride switch { 16 => 0, 8 => 1, _ => 2 })]);
        return b.Build();
    }

    /// <summary>The features of fire9, and the poolings of stride 8 and 4.</summary>
    private static (GraphValue Features, Skip[] Skips) Trunk(GraphBuilder b, GraphValue image, Version version, int firstPadding, int poolPadding)
    {
        var halving = new MaxPool2dParameters(3, 2, poolPadding, CeilMode: true);
        GraphValue x = b.Relu("relu_conv1", b.Conv2d("conv1", image, version.Channels, Conv2dParameters.Square(version.Kernel, stride: 2, padding: firstPadding)));
        x = b.MaxPool2d("pool1", x, halving);
        var pools = new List<Skip> { new("pool1", x) };
        foreach ((int number, int squeeze, int expand) in FireModules)
        {
            x = Fire(b, x, $"fire{number}/", squeeze, expand);
            if (version.PoolsAfter.Contains(number))
            {
                x = b.MaxPool2d($"pool{number}", x, halving);
                pools.Add(new Skip($"pool{number}", x));
            }
        }

        return (b.Dropout("drop9", x, DropoutRatio), [pools[1], pools[0]]);
    }

    private static GraphValue Fire(GraphBuilder b, GraphValue input, string prefix, int squeeze, int expand)
    {
        GraphValue narrow = b.Relu(prefix + "relu_squeeze1x1", b.Conv2d(prefix + "squeeze1x1", input, squeeze, Conv2dParameters.Square(1)));
        GraphValue one = b.Relu(prefix + "relu_expand1x1", b.Conv2d(prefix + "expand1x1", narrow, expand, Conv2dParameters.Square(1)));
        GraphValue three = b.Relu(prefix + "relu_expand3x3", b.Conv2d(prefix + "expand3x3", narrow, expand, Conv2dParameters.Square(3, padding: 1)));
        return b.Concat(prefix + "concat", one, three);
    }
}
