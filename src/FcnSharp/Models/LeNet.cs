using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Models;

/// <summary>
/// LeNet (LeCun et al., 1998) in the form of Caffe's example for 28x28 digits, ReLU in the place of sigmoids. No layer pads, so
/// a heatmap's cell is the classifier on its window, exactly: the net to see convolutionalization on.
/// </summary>
internal static class LeNet
{
    /// <summary>The classifier, with outputs "scores" and "probabilities".</summary>
    public static NetGraph Classifier(string name, NetOptions options)
    {
        var halving = new MaxPool2dParameters(2, 2, CeilMode: true);
        var multipliers = new Multipliers(1, 2, 1, 1);
        var b = new GraphBuilder(name);
        GraphValue x = b.Input("image", options.InputChannels ?? 1);
        x = b.MaxPool2d("pool1", b.Conv2d("conv1", x, 20, Conv2dParameters.Square(5), Initializer.Xavier, multipliers), halving);
        x = b.MaxPool2d("pool2", b.Conv2d("conv2", x, 50, Conv2dParameters.Square(5), Initializer.Xavier, multipliers), halving);
        x = b.Relu("relu1", b.FullyConnected("ip1", x, 500, inputHeight: 4, inputWidth: 4, Initializer.Xavier, multipliers));
        x = b.FullyConnected("ip2", x, options.Classes, initializer: Initializer.Xavier, multipliers: multipliers);

        b.Output("scores", x);
        b.Output("probabilities", b.Softmax("prob", x));
        return b.Build();
    }
}
