using FcnSharp.Tensors.Operations;

namespace FcnSharp.Cli.Bench;

/// <summary>The shapes that are timed: every kind of layer of FCN-8s on VGG16 for a 500x500 image, with same-padding.</summary>
internal static class BenchCases
{
    private const int Classes = 21;

    /// <summary>All cases, in the order of the net.</summary>
    public static IReadOnlyList<BenchCase> All { get; } =
    [
        .. Vgg("conv1_1", 3, 64, 500),
        .. Vgg("conv1_2", 64, 64, 500),
        BenchCase.MaxPool2d("vgg16-500/pool1", 64, 500, new MaxPool2dParameters(2, 2, CeilMode: true)),
        .. Vgg("conv2_1", 64, 128, 250),
        .. Vgg("conv2_2", 128, 128, 250),
        .. Vgg("conv3_1", 128, 256, 125),
        .. Vgg("conv3_2", 256, 256, 125),
        .. Vgg("conv4_1", 256, 512, 63),
        .. Vgg("conv4_2", 512, 512, 63),
        .. Vgg("conv5_1", 512, 512, 32),
        .. BenchCase.Conv2d("vgg16-500/fc6", 512, 4096, 16, Conv2dParameters.Square(7, padding: 3)),
        .. BenchCase.Conv2d("vgg16-500/fc7", 4096, 4096, 16, Conv2dParameters.Square(1)),
        .. BenchCase.Conv2d("vgg16-500/score_pool3", 256, Classes, 63, Conv2dParameters.Square(1)),
        BenchCase.ConvTranspose2d("vgg16-500/upscore2", Classes, 16, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1)),
        BenchCase.ConvTranspose2d("vgg16-500/upscore8", Classes, 63, ConvTranspose2dParameters.Square(16, stride: 8, padding: 4)),
        BenchCase.ArgMax("vgg16-500/argmax", Classes, 500),
    ];

    private static IEnumerable<BenchCase> Vgg(string layer, int inChannels, int outChannels, int size) =>
        BenchCase.Conv2d("vgg16-500/" + layer, inChannels, outChannels, size, Conv2dParameters.Square(3, padding: 1));
}
