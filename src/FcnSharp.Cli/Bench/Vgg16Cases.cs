using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Cli.Bench;

/// <summary>FCN-8s on VGG16 for a 500x500 image, 21 classes, same-padding everywhere ("tight").</summary>
internal static class Vgg16Cases
{
    private const int Classes = 21;

    /// <summary>Every layer, repeated ones too.</summary>
    public static IEnumerable<BenchCase> Layers() =>
    [
        .. Block(1, 2, 3, 64, 500),
        .. Block(2, 2, 64, 128, 250),
        .. Block(3, 3, 128, 256, 125),
        .. Block(4, 3, 256, 512, 63),
        .. Block(5, 3, 512, 512, 32),
        .. ConvolutionCases.Conv2d("fc6", 4096, Map(512, 16), Conv2dParameters.Square(7, padding: 3)),
        .. ElementCases.Relu("relu6", Map(4096, 16)),
        .. ElementCases.Dropout("drop6", Map(4096, 16)),
        .. ConvolutionCases.Conv2d("fc7", 4096, Map(4096, 16), Conv2dParameters.Square(1)),
        .. ElementCases.Relu("relu7", Map(4096, 16)),
        .. ElementCases.Dropout("drop7", Map(4096, 16)),
        .. Score("score_fr", 4096, 16),
        .. Score("score_pool4", 512, 32),
        .. Score("score_pool3", 256, 63),
        .. Up("upscore2", 16, 2),
        .. ElementCases.Sum("fuse_pool4", Map(Classes, 32)),
        .. Up("upscore_pool4", 32, 2),
        .. ElementCases.Sum("fuse_pool3", Map(Classes, 63)),
        .. Up("upscore8", 63, 8),
        .. ElementCases.Resize("resize8", Map(Classes, 63), 500, 500),
        .. ElementCases.ArgMax("argmax", Map(Classes, 500)),
        .. ElementCases.SoftmaxArgMax("softmax_argmax", Map(Classes, 500)),
        .. ElementCases.SoftmaxLoss("softmax_loss", Map(Classes, 500)),
    ];

    private static IEnumerable<BenchCase> Block(int number, int layers, int inChannels, int outChannels, int size) =>
    [
        .. Enumerable.Range(1, layers).SelectMany(i => Convolution($"{number}_{i}", i == 1 ? inChannels : outChannels, outChannels, size)),
        .. PoolingCases.MaxPool2d($"pool{number}", Map(outChannels, size), new MaxPool2dParameters(2, 2, CeilMode: true)),
    ];

    private static IEnumerable<BenchCase> Convolution(string suffix, int inChannels, int outChannels, int size) =>
    [
        .. ConvolutionCases.Conv2d("conv" + suffix, outChannels, Map(inChannels, size), Conv2dParameters.Square(3, padding: 1)),
        .. ElementCases.Relu("relu" + suffix, Map(outChannels, size)),
    ];

    private static IEnumerable<BenchCase> Score(string name, int channels, int size) =>
        ConvolutionCases.Conv2d(name, Classes, Map(channels, size), Conv2dParameters.Square(1), relu: false);

    private static IEnumerable<BenchCase> Up(string name, int size, int stride) =>
        ConvolutionCases.ConvTranspose2d(name, Map(Classes, size), ConvTranspose2dParameters.Square(2 * stride, stride, padding: stride / 2));

    private static Shape Map(int channels, int size) => new(1, channels, size, size);
}
