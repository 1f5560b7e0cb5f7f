using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Cli.Bench;

/// <summary>
/// ResNet-50 for a 224x224 image with the stride in the 3x3 convolutions. Batch norm is folded into the convolutions for inference; it is
/// timed on its own as well, as is the ReLU that training runs after it.
/// </summary>
internal static class ResNet50Cases
{
    /// <summary>Every layer, repeated ones too.</summary>
    public static IEnumerable<BenchCase> Layers() =>
    [
        .. Convolution("conv1", "bn1", 3, 64, 224, Conv2dParameters.Square(7, stride: 2, padding: 3)),
        .. ElementCases.Relu("relu", Map(64, 112)),
        .. PoolingCases.MaxPool2d("maxpool", Map(64, 112), new MaxPool2dParameters(3, 2, 1)),
        .. Stage(1, blocks: 3, inChannels: 64, width: 64, size: 56, stride: 1),
        .. Stage(2, blocks: 4, inChannels: 256, width: 128, size: 56, stride: 2),
        .. Stage(3, blocks: 6, inChannels: 512, width: 256, size: 28, stride: 2),
        .. Stage(4, blocks: 3, inChannels: 1024, width: 512, size: 14, stride: 2),
        .. PoolingCases.GlobalAvgPool2d("avgpool", Map(2048, 7)),
        .. ConvolutionCases.Conv2d("fc", 1000, Map(2048, 1), Conv2dParameters.Square(1), relu: false),
    ];

    private static IEnumerable<BenchCase> Stage(int number, int blocks, int inChannels, int width, int size, int stride) =>
        Enumerable.Range(0, blocks).SelectMany(i => i == 0
            ? Bottleneck($"layer{number}.0.", inChannels, width, size, stride)
            : Bottleneck($"layer{number}.{i}.", 4 * width, width, size / stride, 1));

    private static IEnumerable<BenchCase> Bottleneck(string name, int inChannels, int width, int size, int stride)
    {
        int outSize = size / stride;
        return
        [
            .. Convolution(name + "conv1", name + "bn1", inChannels, width, size, Conv2dParameters.Square(1)),
            .. ElementCases.Relu(name + "relu1", Map(width, size)),
            .. Convolution(name + "conv2", name + "bn2", width, width, size, Conv2dParameters.Square(3, stride, padding: 1)),
            .. ElementCases.Relu(name + "relu2", Map(width, outSize)),
            .. Convolution(name + "conv3", name + "bn3", width, 4 * width, outSize, Conv2dParameters.Square(1), relu: false),
            .. inChannels == 4 * width ? [] : Convolution(name + "downsample.0", name + "downsample.1", inChannels, 4 * width, size, Conv2dParameters.Square(1, stride), relu: false),
            .. ElementCases.Sum(name + "sum", Map(4 * width, outSize)),
            .. ElementCases.Relu(name + "relu3", Map(4 * width, outSize)),
        ];
    }

    private static IEnumerable<BenchCase> Convolution(string name, string norm, int inChannels, int outChannels, int size, Conv2dParameters p, bool relu = true) =>
    [
        .. ConvolutionCases.Conv2d(name, outChannels, Map(inChannels, size), p, relu),
        .. NormalizationCases.BatchNorm2d(norm, Map(outChannels, size / p.StrideHeight)),
    ];

    private static Shape Map(int channels, int size) => new(1, channels, size, size);
}
