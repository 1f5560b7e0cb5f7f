using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Cli.Bench;

/// <summary>FCN-8s on GoogLeNet for a 480x360 image, 11 classes, Caffe's pooling.</summary>
internal static class GoogLeNetCases
{
    private const int Classes = 11;

    /// <summary>Every layer, repeated ones too.</summary>
    public static IEnumerable<BenchCase> Layers() =>
    [
        .. ConvolutionCases.Conv2d("conv1", 64, new Shape(1, 3, 360, 480), Conv2dParameters.Square(7, stride: 2, padding: 3)),
        .. Pool("pool1", new Shape(1, 64, 180, 240)),
        .. NormalizationCases.LocalResponseNorm("norm1", new Shape(1, 64, 90, 120)),
        .. ConvolutionCases.Conv2d("conv2_reduce", 64, new Shape(1, 64, 90, 120), Conv2dParameters.Square(1)),
        .. ConvolutionCases.Conv2d("conv2", 192, new Shape(1, 64, 90, 120), Conv2dParameters.Square(3, padding: 1)),
        .. NormalizationCases.LocalResponseNorm("norm2", new Shape(1, 192, 90, 120)),
        .. Pool("pool2", new Shape(1, 192, 90, 120)),
        .. Inception("3a", new Shape(1, 192, 45, 60), 64, 96, 128, 16, 32, 32),
        .. Inception("3b", new Shape(1, 256, 45, 60), 128, 128, 192, 32, 96, 64),
        .. Pool("pool3", new Shape(1, 480, 45, 60)),
        .. Inception("4a", new Shape(1, 480, 22, 30), 192, 96, 208, 16, 48, 64),
        .. Inception("4b", new Shape(1, 512, 22, 30), 160, 112, 224, 24, 64, 64),
        .. Inception("4c", new Shape(1, 512, 22, 30), 128, 128, 256, 24, 64, 64),
        .. Inception("4d", new Shape(1, 512, 22, 30), 112, 144, 288, 32, 64, 64),
        .. Inception("4e", new Shape(1, 528, 22, 30), 256, 160, 320, 32, 128, 128),
        .. Pool("pool4", new Shape(1, 832, 22, 30)),
        .. Inception("5a", new Shape(1, 832, 11, 15), 256, 160, 320, 32, 128, 128),
        .. Inception("5b", new Shape(1, 832, 11, 15), 384, 192, 384, 48, 128, 128),
        .. Score("score", new Shape(1, 1024, 11, 15)),
        .. Score("score_4e", new Shape(1, 832, 22, 30)),
        .. Score("score_3b", new Shape(1, 480, 45, 60)),
        .. Up("upscore2", new Shape(1, Classes, 11, 15), 2),
        .. Up("upscore_4e", new Shape(1, Classes, 22, 30), 2),
        .. Up("upscore8", new Shape(1, Classes, 45, 60), 8),
    ];

    /// <summary>Four branches of the input, behind each other: 1x1, 3x3 and 5x5 after a reduction, and pooling with a projection.</summary>
    private static IEnumerable<BenchCase> Inception(string name, Shape input, int ones, int threesReduce, int threes, int fivesReduce, int fives, int projection) =>
    [
        .. ConvolutionCases.Conv2d(name + "/1x1", ones, input, Conv2dParameters.Square(1)),
        .. ConvolutionCases.Conv2d(name + "/3x3_reduce", threesReduce, input, Conv2dParameters.Square(1)),
        .. ConvolutionCases.Conv2d(name + "/3x3", threes, new Shape(1, threesReduce, input.H, input.W), Conv2dParameters.Square(3, padding: 1)),
        .. ConvolutionCases.Conv2d(name + "/5x5_reduce", fivesReduce, input, Conv2dParameters.Square(1)),
        .. ConvolutionCases.Conv2d(name + "/5x5", fives, new Shape(1, fivesReduce, input.H, input.W), Conv2dParameters.Square(5, padding: 2)),
        .. PoolingCases.MaxPool2d(name + "/pool", input, new MaxPool2dParameters(3, 1, 1, CeilMode: true)),
        .. ConvolutionCases.Conv2d(name + "/pool_proj", projection, input, Conv2dParameters.Square(1)),
        .. ElementCases.Concat(name + "/output", input.H, input.W, ones, threes, fives, projection),
    ];

    private static IEnumerable<BenchCase> Pool(string name, Shape input) => PoolingCases.MaxPool2d(name, input, new MaxPool2dParameters(3, 2, CeilMode: true));

    private static IEnumerable<BenchCase> Score(string name, Shape input) =>
        ConvolutionCases.Conv2d(name, Classes, input, Conv2dParameters.Square(1), relu: false);

    private static IEnumerable<BenchCase> Up(string name, Shape input, int stride) =>
        ConvolutionCases.ConvTranspose2d(name, input, ConvTranspose2dParameters.Square(2 * stride, stride, padding: stride / 2));
}
