using FcnSharp.Graph;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Models;

/// <summary>
/// AlexNet (Krizhevsky, Sutskever, Hinton, NIPS 2012) as Caffe's CaffeNet has it: each normalisation after its pooling; and
/// the FCNs on it: 32s as in the reference, 16s and 8s with skips from pool2 and pool1, one and two steps further.
/// </summary>
internal static class AlexNet
{
    private const int FullyConnectedChannels = 4096;
    private const float DropoutRatio = 0.5f;

    // The reference trains CaffeNet's own layers without the doubled rate of biases.
    private static readonly Multipliers Alike = new(1, 1, 1, 1);

    /// <summary>The classifier of 227x227 images, with outputs "scores" and "probabilities".</summary>
    public static NetGraph Classifier(string name, NetOptions options)
    {
        var b = new GraphBuilder(name);
        GraphValue x = Trunk(b, b.Input("image", options.InputChannels ?? 3), firstPadding: 0, poolPadding: 0, options.Narrowing)[^1];

        x = b.Relu("relu6", b.FullyConnected("fc6", x, FullyConnectedChannels, inputHeight: 6, inputWidth: 6));
        x = b.Dropout("drop6", x, DropoutRatio);
        x = b.Relu("relu7", b.FullyConnected("fc7", x, FullyConnectedChannels));
        x = b.Dropout("drop7", x, DropoutRatio);
        x = b.FullyConnected("fc8", x, options.Classes);

        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("prob", x));
        return b.Build();
    }

    /// <summary>The FCN of a stride of 32, 16 or 8.</summary>
    public static NetGraph Fcn(string name, NetOptions options, int stride)
    {
        var b = new GraphBuilder(name);
        GraphValue image = b.Input("image", options.InputChannels ?? 3);
        GraphValue labels = b.Input("labels", 1, ElementType.Int32);
        bool tight = options.Padding == BorderPadding.Tight;
        GraphValue[] pools = tight ? Trunk(b, image, firstPadding: 5, poolPadding: 1, options.Narrowing) : Trunk(b, image, firstPadding: 100, poolPadding: 0, options.Narrowing);
        int channels = FullyConnectedChannels / options.Narrowing;

        // A 6x6 kernel has no centre: 3 on each side put a score on either side of the image's border.
        GraphValue x = b.Relu("relu6", b.Conv2d("fc6", pools[^1], channels, Conv2dParameters.Square(6, padding: tight ? 3 : 0), multipliers: Alike));
        x = b.Dropout("drop6", x, DropoutRatio);
        x = b.Relu("relu7", b.Conv2d("fc7", x, channels, Conv2dParameters.Square(1), multipliers: Alike));
        x = b.Dropout("drop7", x, DropoutRatio);

        Skip[] skips = [new("pool2", pools[1]), new("pool1", pools[0])];
        new FcnHead(b, image, options).Write(labels, x, skips[..(stride switch { 32 => 0, 16 => 1, _ => 2 })]);
        return b.Build();
    }

    /// <summary>The outputs of pool1, pool2 and pool5.</summary>
    private static GraphValue[] Trunk(GraphBuilder b, GraphValue image, int firstPadding, int poolPadding, int narrowing)
    {
        var overlapping = new MaxPool2dParameters(3, 2, poolPadding, CeilMode: true);
        GraphValue x = b.Relu("relu1", b.Conv2d("conv1", image, 96 / narrowing, Conv2dParameters.Square(11, stride: 4, padding: firstPadding), multipliers: Alike));
        GraphValue pool1 = b.MaxPool2d("pool1", x, overlapping);
        x = b.LocalResponseNorm("norm1", pool1);
        x = b.Relu("relu2", b.Conv2d("conv2", x, 256 / narrowing, Conv2dParameters.Square(5, padding: 2, groups: 2), multipliers: Alike));
        GraphValue pool2 = b.MaxPool2d("pool2", x, overlapping);
        x = b.LocalResponseNorm("norm2", pool2);
        x = b.Relu("relu3", b.Conv2d("conv3", x, 384 / narrowing, Conv2dParameters.Square(3, padding: 1), multipliers: Alike));
        x = b.Relu("relu4", b.Conv2d("conv4", x, 384 / narrowing, Conv2dParameters.Square(3, padding: 1, groups: 2), multipliers: Alike));
        x = b.Relu("relu5", b.Conv2d("conv5", x, 256 / narrowing, Conv2dParameters.Square(3, padding: 1, groups: 2), multipliers: Alike));
        return [pool1, pool2, b.MaxPool2d("pool5", x, overlapping)];
    }
}
