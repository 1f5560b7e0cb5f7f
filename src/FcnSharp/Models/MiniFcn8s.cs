using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// FCN-8s (CVPR 2015, section 4.2, figure 3) on a trunk small enough to train from scratch in a minute: VGG16's five stages of
/// 3x3 convolutions with a fraction of the channels, fc6 and fc7 as convolutions. Any image from 1x1 up works.
/// </summary>
internal static class MiniFcn8s
{
    private static readonly int[][] Stages = [[16], [24, 24], [40, 40], [64, 64], [96, 96]];
    private const int FullyConnectedChannels = 128;
    private const float DropoutRatio = 0.1f;

    /// <summary>Builds the graph with outputs "scores", "classes", "confidentClasses", "confidence", "probabilities" and "loss".</summary>
    public static NetGraph Build(string name, NetOptions options)
    {
        if (options.Padding != BorderPadding.Tight)
        {
            throw new FcnSharpException($"{name} has no reference padding, because it is not a net of the reference; use tight padding.");
        }

        var b = new GraphBuilder(name);
        GraphValue image = b.Input("image", options.InputChannels ?? 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);

        GraphValue x = image;
        var pools = new GraphValue[Stages.Length];
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            for (int i = 0; i < Stages[stage].Length; i++)
            {
                x = b.Conv2d($"conv{stage + 1}_{i + 1}", x, Stages[stage][i], Conv2dParameters.Square(3, padding: 1));
                x = b.Relu($"relu{stage + 1}_{i + 1}", x);
            }

            pools[stage] = x = b.MaxPool2d($"pool{stage + 1}", x, new MaxPool2dParameters(2, 2, CeilMode: true));
        }

        // The classifier's fully connected layers, as convolutions.
        x = b.Relu("relu6", b.Conv2d("fc6", x, FullyConnectedChannels, Conv2dParameters.Square(3, padding: 1)));
        x = b.Dropout("drop6", x, DropoutRatio);
        x = b.Relu("relu7", b.Conv2d("fc7", x, FullyConnectedChannels, Conv2dParameters.Square(1)));
        x = b.Dropout("drop7", x, DropoutRatio);

        new FcnHead(b, image, options).Write(labels, x, new Skip("pool4", pools[3]), new Skip("pool3", pools[2]));
        return b.Build();
    }
}
