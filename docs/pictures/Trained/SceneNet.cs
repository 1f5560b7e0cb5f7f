using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors.Operations;
using ElementType = FcnSharp.Tensors.Programs.ElementType;

namespace FcnSharp.Pictures.Trained;

/// <summary>
/// FCN-32s, 16s and 8s on the trunk of mini-fcn8s, for images whose sides are multiples of 32. All windows are even there, so an
/// upsampling of kernel 2f, stride f and padding f / 2 puts every score over its pixels without a crop.
/// </summary>
internal static class SceneNet
{
    /// <summary>Input of the nets.</summary>
    public static readonly Preprocessing Preprocessing = new(ChannelOrder.Rgb, [128, 128, 128], 1 / 64f);

    private const int FullyConnectedChannels = 128;
    private static readonly int[][] Stages = [[16], [24, 24], [40, 40], [64, 64], [96, 96]];

    /// <summary>Classes of the scenes.</summary>
    public static int Classes => SceneClasses.All.Count;

    /// <summary>The net with outputs "coarse" (the scores of the coarsest features), "scores", "classes", "probabilities" and "loss".</summary>
    /// <param name="stride">32, 16 or 8.</param>
    public static NetGraph Build(int stride)
    {
        var b = new GraphBuilder($"scene-fcn{stride}s");
        GraphValue image = b.Input("image", 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        GraphValue[] scores = Scores(b, image, stride);
        b.Output("coarse", scores[0]);

        GraphValue sum = scores[0];
        for (int i = 1; i < scores.Length; i++)
        {
            sum = b.Sum($"fuse{i}", Upsample(b, $"double{i}", sum, 2), scores[i]);
        }

        GraphValue score = Upsample(b, "upscore", sum, stride);
        b.Output("scores", score);
        b.Output("classes", b.ArgMax("classes", score));
        b.Output("probabilities", b.Softmax("probabilities", score));
        b.Output("loss", b.SoftmaxCrossEntropyLoss("loss", score, labels));
        return b.Build();
    }

    /// <summary>The trunk and its 1x1 score layers: of the coarsest features, then of pool4 and pool3 as far as the stride needs them.</summary>
    public static GraphValue[] Scores(GraphBuilder b, GraphValue image, int stride)
    {
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

        x = b.Relu("relu6", b.Conv2d("fc6", x, FullyConnectedChannels, Conv2dParameters.Square(3, padding: 1)));
        x = b.Relu("relu7", b.Conv2d("fc7", x, FullyConnectedChannels, Conv2dParameters.Square(1)));

        List<GraphValue> scores = [Score(b, "score_fr", x)];
        for (int stage = 4; 1 << stage >= stride; stage--)
        {
            scores.Add(Score(b, $"score_pool{stage}", pools[stage - 1]));
        }

        return [.. scores];
    }

    private static GraphValue Score(GraphBuilder b, string name, GraphValue features) =>
        b.Conv2d(name, features, Classes, Conv2dParameters.Square(1), Initializer.Zero);

    private static GraphValue Upsample(GraphBuilder b, string name, GraphValue coarse, int factor) =>
        b.ConvTranspose2d(name, coarse, Classes, ConvTranspose2dParameters.Square(2 * factor, factor, factor / 2, groups: Classes));
}
