using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// FCN-8s (CVPR 2015, section 4.2, figure 3) on a trunk small enough to train from scratch in a minute: VGG16's five stages of
/// 3x3 convolutions with a fraction of the channels, fc6 and fc7 as convolutions, score layers on pool3, pool4 and fc7, fused
/// from coarse to fine. Convolutions keep the size ("tight" padding) and pools round up, so a score lies exactly over its
/// pixels and the crops only cut what rounding up has added; any image from 1x1 up works.
/// </summary>
internal static class MiniFcn8s
{
    private static readonly int[][] Stages = [[16], [24, 24], [40, 40], [64, 64], [96, 96]];
    private const int FullyConnectedChannels = 128;
    private const float DropoutRatio = 0.1f;

    /// <summary>Builds the graph with outputs "scores", "classes", "confidentClasses", "confidence" and "loss".</summary>
    public static NetGraph Build(NetOptions options)
    {
        var b = new GraphBuilder("mini-fcn8s");
        GraphValue image = b.Input("image", 3);
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

        GraphValue score = Score(b, "score_fr", x, options.Classes);
        score = Fuse(b, "upscore2", "fuse_pool4", score, Score(b, "score_pool4", pools[3], options.Classes), options);
        score = Fuse(b, "upscore_pool4", "fuse_pool3", score, Score(b, "score_pool3", pools[2], options.Classes), options);
        score = b.Crop("score", Upsample(b, "upscore8", score, factor: 8, options), image, offset: 0);

        b.Output("scores", score);
        b.Output("classes", b.ArgMax("classes", score));

        // Classes beside a confidence come from the pass that makes both; alone they are cheaper.
        (GraphValue classes, GraphValue confidence) = b.ClassifyPixels("confidence", score);
        b.Output("confidentClasses", classes);
        b.Output("confidence", confidence);
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", score, labels, options.IgnoreIndex));
        return b.Build();
    }

    /// <summary>A 1x1 convolution to scores; it starts at zero, as in the reference, so that each skip begins as no change.</summary>
    private static GraphValue Score(GraphBuilder b, string name, GraphValue features, int classes) =>
        b.Conv2d(name, features, classes, Conv2dParameters.Square(1), Initializer.Zero);

    /// <summary>Doubles the coarse scores, cuts them to the finer ones and adds.</summary>
    private static GraphValue Fuse(GraphBuilder b, string upsampleName, string sumName, GraphValue coarse, GraphValue fine, NetOptions options)
    {
        GraphValue up = b.Crop(upsampleName + "c", Upsample(b, upsampleName, coarse, factor: 2, options), fine, offset: 0);
        return b.Sum(sumName, up, fine);
    }

    /// <summary>Transposed convolution of kernel 2f, stride f, padding f / 2: exactly f times the size, pixel centres aligned.</summary>
    private static GraphValue Upsample(GraphBuilder b, string name, GraphValue scores, int factor, NetOptions options) =>
        b.ConvTranspose2d(
            name,
            scores,
            options.Classes,
            ConvTranspose2dParameters.Square(2 * factor, stride: factor, padding: factor / 2),
            multipliers: options.Upsampling == Upsampling.Learned ? new Multipliers(1, 0, 1, 0) : Multipliers.Frozen);
}
