using FcnSharp.Graph;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// VGG16 (Simonyan and Zisserman, arXiv:1409.1556, configuration D) and the FCNs on it (Long, Shelhamer, Darrell, CVPR 2015):
/// five stages of 3x3 convolutions with ReLU, each ended by a 2x2 max-pooling that rounds up, then fc6, fc7 and a classifier.
/// </summary>
internal static class Vgg16
{
    private static readonly (int Convolutions, int Channels)[] Stages = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];
    private const int FullyConnectedChannels = 4096;
    private const float DropoutRatio = 0.5f;

    /// <summary>The classifier of 224x224 images, with outputs "scores" and "probabilities".</summary>
    public static NetGraph Classifier(string name, NetOptions options)
    {
        var b = new GraphBuilder(name);
        GraphValue x = Trunk(b, b.Input("image", options.InputChannels ?? 3), firstPadding: 1, options.Narrowing)[^1];

        x = b.Relu("relu6", b.FullyConnected("fc6", x, FullyConnectedChannels, inputHeight: 7, inputWidth: 7));
        x = b.Dropout("drop6", x, DropoutRatio);
        x = b.Relu("relu7", b.FullyConnected("fc7", x, FullyConnectedChannels));
        x = b.Dropout("drop7", x, DropoutRatio);
        x = b.FullyConnected("fc8", x, options.Classes);

        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("prob", x));
        return b.Build();
    }

    /// <summary>FCN-32s, 16s, 8s, and 4s, one step further than the paper: each finer one adds a skip.</summary>
    /// <param name="name">The net's name.</param>
    /// <param name="options">Classes, padding, upsampling.</param>
    /// <param name="stride">32, 16, 8 or 4.</param>
    /// <param name="atOnce">Whether the skips are scaled down so that all can be trained at once, not stage after stage (PAMI 2017, section 4.3).</param>
    public static NetGraph Fcn(string name, NetOptions options, int stride, bool atOnce = false)
    {
        var b = new GraphBuilder(name);
        GraphValue image = b.Input("image", options.InputChannels ?? 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        bool tight = options.Padding == BorderPadding.Tight;
        GraphValue[] pools = Trunk(b, image, firstPadding: tight ? 1 : 100, options.Narrowing);
        int channels = FullyConnectedChannels / options.Narrowing;

        // The reference's border of 100 leaves room for a 7x7 kernel even on a single pixel; tight padding gives that room here.
        GraphValue x = b.Relu("relu6", b.Conv2d("fc6", pools[^1], channels, Conv2dParameters.Square(7, padding: tight ? 3 : 0)));
        x = b.Dropout("drop6", x, DropoutRatio);
        x = b.Relu("relu7", b.Conv2d("fc7", x, channels, Conv2dParameters.Square(1)));
        x = b.Dropout("drop7", x, DropoutRatio);

        var skips = new List<Skip>();
        for (int stage = 4; 1 << stage >= stride; stage--)
        {
            GraphValue pool = pools[stage - 1];
            skips.Add(new Skip($"pool{stage}", atOnce ? b.Scale($"scale_pool{stage}", pool, stage == 4 ? 0.01f : 0.0001f) : pool));
        }

        new FcnHead(b, image, options).Write(labels, x, skips);
        return b.Build();
    }

    private static GraphValue[] Trunk(GraphBuilder b, GraphValue image, int firstPadding, int narrowing)
    {
        GraphValue x = image;
        var pools = new GraphValue[Stages.Length];
        for (int stage = 1; stage <= Stages.Length; stage++)
        {
            (int convolutions, int channels) = Stages[stage - 1];
            for (int i = 1; i <= convolutions; i++)
            {
                int padding = x == image ? firstPadding : 1;
                x = b.Conv2d($"conv{stage}_{i}", x, channels / narrowing, Conv2dParameters.Square(3, padding: padding));
                x = b.Relu($"relu{stage}_{i}", x);
            }

            pools[stage - 1] = x = b.MaxPool2d($"pool{stage}", x, new MaxPool2dParameters(2, 2, CeilMode: true));
        }

        return pools;
    }
}
