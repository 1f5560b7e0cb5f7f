using FcnSharp.Graph;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// GoogLeNet (Szegedy et al., CVPR 2015, table 1) as the BVLC published it, Inception v1 without the auxiliary classifiers,
/// and the FCNs on it. The reference announced FCN-32s without the final average pooling but never released it; 16s, 8s and 4s
/// are ours and take their skips from the deepest features of each stride.
/// </summary>
internal static class GoogLeNet
{
    private const float DropoutRatio = 0.4f;

    /// <summary>Channels of one Inception module: four branches side by side.</summary>
    private sealed record Inception(string Name, int One, int ThreeReduce, int Three, int FiveReduce, int Five, int PoolProjection);

    private static readonly Inception[][] Stages =
    [
        [new("3a", 64, 96, 128, 16, 32, 32), new("3b", 128, 128, 192, 32, 96, 64)],
        [
            new("4a", 192, 96, 208, 16, 48, 64), new("4b", 160, 112, 224, 24, 64, 64), new("4c", 128, 128, 256, 24, 64, 64),
            new("4d", 112, 144, 288, 32, 64, 64), new("4e", 256, 160, 320, 32, 128, 128),
        ],
        [new("5a", 256, 160, 320, 32, 128, 128), new("5b", 384, 192, 384, 48, 128, 128)],
    ];

    /// <summary>The classifier of 224x224 images, with outputs "scores" and "probabilities".</summary>
    public static NetGraph Classifier(string name, NetOptions options)
    {
        var b = new GraphBuilder(name);
        (GraphValue x, _) = Trunk(b, b.Input("image", options.InputChannels ?? 3), firstPadding: 3, poolPadding: 0);

        x = b.AvgPool2d("pool5/7x7_s1", x, new AvgPool2dParameters(7, 1, CeilMode: true));
        x = b.Dropout("pool5/drop_7x7_s1", x, DropoutRatio);
        x = b.FullyConnected("loss3/classifier", x, options.Classes);

        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("prob", x));
        return b.Build();
    }

    /// <summary>The FCN of a stride of 32, 16, 8 or 4.</summary>
    public static NetGraph Fcn(string name, NetOptions options, int stride)
    {
        var b = new GraphBuilder(name);
        GraphValue image = b.Input("image", options.InputChannels ?? 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        bool tight = options.Padding == BorderPadding.Tight;
        (GraphValue x, GraphValue[] finer) = Trunk(b, image, firstPadding: tight ? 3 : 100, poolPadding: tight ? 1 : 0);

        x = b.Dropout("pool5/drop_7x7_s1", x, DropoutRatio);

        // The factors, like those of the reference's at-once FCN-8s, make up for features that are the larger the finer they are
        // (a pixel's 832, 480 and 192 channels have lengths of 21, 120 and 190, the coarsest 1024 one of 6): one learning rate
        // then fits all score layers.
        Skip[] skips = [new("inception_4e", finer[2], 0.3f), new("inception_3b", finer[1], 0.05f), new("conv2", finer[0], 0.03f)];
        new FcnHead(b, image, options).Write(labels, x, skips[..(stride switch { 32 => 0, 16 => 1, 8 => 2, _ => 3 })]);
        return b.Build();
    }

    /// <summary>The features of inception_5b, and the last before each pooling from stride 4, 8 and 16 on.</summary>
    private static (GraphValue Features, GraphValue[] Finer) Trunk(GraphBuilder b, GraphValue image, int firstPadding, int poolPadding)
    {
        var halving = new MaxPool2dParameters(3, 2, poolPadding, CeilMode: true);
        var finer = new GraphValue[3];
        GraphValue x = b.Relu("conv1/relu_7x7", b.Conv2d("conv1/7x7_s2", image, 64, Conv2dParameters.Square(7, stride: 2, padding: firstPadding)));
        x = b.MaxPool2d("pool1/3x3_s2", x, halving);
        x = b.LocalResponseNorm("pool1/norm1", x);
        x = b.Relu("conv2/relu_3x3_reduce", b.Conv2d("conv2/3x3_reduce", x, 64, Conv2dParameters.Square(1)));
        x = b.Relu("conv2/relu_3x3", b.Conv2d("conv2/3x3", x, 192, Conv2dParameters.Square(3, padding: 1)));
        x = b.LocalResponseNorm("conv2/norm2", x);
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            finer[stage] = x;
            x = b.MaxPool2d($"pool{stage + 2}/3x3_s2", x, halving);
            foreach (Inception module in Stages[stage])
            {
                x = Module(b, x, module);
            }
        }

        return (x, finer);
    }

    private static GraphValue Module(GraphBuilder b, GraphValue input, Inception module)
    {
        string prefix = $"inception_{module.Name}/";
        GraphValue Convolution(string layer, GraphValue x, int channels, int kernel) =>
            b.Relu($"{prefix}relu_{layer}", b.Conv2d(prefix + layer, x, channels, Conv2dParameters.Square(kernel, padding: kernel / 2)));

        GraphValue one = Convolution("1x1", input, module.One, 1);
        GraphValue three = Convolution("3x3", Convolution("3x3_reduce", input, module.ThreeReduce, 1), module.Three, 3);
        GraphValue five = Convolution("5x5", Convolution("5x5_reduce", input, module.FiveReduce, 1), module.Five, 5);
        GraphValue pool = b.MaxPool2d(prefix + "pool", input, new MaxPool2dParameters(3, 1, Padding: 1, CeilMode: true));
        return b.Concat(prefix + "output", one, three, five, Convolution("pool_proj", pool, module.PoolProjection, 1));
    }
}
