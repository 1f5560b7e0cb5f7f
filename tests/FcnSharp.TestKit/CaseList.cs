using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.TestKit;

/// <summary>
/// The geometries that correctness, gradient and speed tests share: each kernel size, stride, padding, dilation and grouping
/// at least twice, on sizes around the ends of vectors, panels and blocks, and the hostile ones.
/// </summary>
public static class CaseList
{
    private static readonly Dictionary<string, ConvolutionCase> All = Convolutions().Concat(Transposed()).ToDictionary(c => c.Name);

    /// <summary>The names of all convolutions and transposed convolutions: what a theory takes as its data.</summary>
    public static IEnumerable<string> Names => All.Keys;

    /// <summary>The case of a name.</summary>
    public static ConvolutionCase Find(string name) => All[name];

    private static IEnumerable<ConvolutionCase> Convolutions()
    {
        // Kernel sizes.
        yield return Conv("1x1 kernel, odd channels", 2, 5, 5, 7, 17, Conv2dParameters.Square(1));
        yield return Conv("1x1 kernel, images that end within an item", 8, 128, 1, 22, 128, Conv2dParameters.Square(1));
        yield return Conv("1x1 kernel, stride 2", 1, 16, 13, 9, 33, Conv2dParameters.Square(1, stride: 2));
        yield return Conv("1x1 kernel, padding 1", 1, 3, 4, 6, 5, Conv2dParameters.Square(1, padding: 1));
        yield return Conv("3x3 same", 2, 16, 13, 9, 21, Conv2dParameters.Square(3, padding: 1));
        yield return Conv("3x3 valid, 3 input channels", 1, 3, 32, 31, 16, Conv2dParameters.Square(3));
        yield return Conv("2x3 kernel", 2, 5, 9, 8, 3, new Conv2dParameters(2, 3) { PaddingHeight = 1 });
        yield return Conv("3x2 kernel, asymmetric stride", 1, 3, 11, 13, 5, new Conv2dParameters(3, 2) { StrideHeight = 2, StrideWidth = 3, PaddingWidth = 1 });
        yield return Conv("1x5 kernel", 1, 4, 6, 17, 6, new Conv2dParameters(1, 5) { PaddingWidth = 2 });
        yield return Conv("5x5, padding 2", 1, 5, 13, 9, 17, Conv2dParameters.Square(5, padding: 2));
        yield return Conv("7x7, stride 2, padding 3", 2, 3, 21, 18, 16, Conv2dParameters.Square(7, stride: 2, padding: 3));
        yield return Conv("7x7 on a 7x7 image", 2, 17, 7, 7, 33, Conv2dParameters.Square(7));

        // Strides, paddings, dilations.
        yield return Conv("stride 2 leaves a row over", 1, 5, 10, 12, 8, Conv2dParameters.Square(3, stride: 2));
        yield return Conv("stride 3", 2, 3, 14, 11, 5, Conv2dParameters.Square(3, stride: 3, padding: 1));
        yield return Conv("stride larger than the kernel", 1, 3, 13, 12, 4, Conv2dParameters.Square(2, stride: 5));
        yield return Conv("stride larger than the image", 2, 3, 4, 5, 4, Conv2dParameters.Square(2, stride: 9));
        yield return Conv("asymmetric padding", 1, 3, 8, 7, 5, new Conv2dParameters(3, 3) { PaddingHeight = 2, PaddingWidth = 0 });
        yield return Conv("padding larger than the kernel", 1, 2, 5, 7, 3, Conv2dParameters.Square(3, padding: 10));
        yield return Conv("padding 100, as the FCN's first layer", 1, 1, 3, 2, 2, Conv2dParameters.Square(3, padding: 100));
        yield return Conv("dilation 2", 2, 5, 13, 9, 16, Conv2dParameters.Square(3, padding: 2, dilation: 2));
        yield return Conv("dilation 3, valid", 1, 3, 13, 15, 5, Conv2dParameters.Square(3, dilation: 3));
        yield return Conv("3 channels, padding larger than the kernel, 70 columns", 2, 3, 6, 70, 5, new Conv2dParameters(3, 3) { PaddingHeight = 4, PaddingWidth = 7 });
        yield return Conv("3 channels, dilation 2x3, 9 rows", 2, 3, 9, 67, 18, new Conv2dParameters(3, 4) { DilationHeight = 2, DilationWidth = 3, PaddingHeight = 1, PaddingWidth = 2 });
        yield return Conv("dilation 2x3, stride 3x2", 1, 3, 17, 16, 4, new Conv2dParameters(3, 2) { DilationHeight = 2, DilationWidth = 3, StrideHeight = 3, StrideWidth = 2, PaddingHeight = 3, PaddingWidth = 1 });

        // Groups.
        yield return Conv("2 groups", 2, 6, 9, 11, 10, Conv2dParameters.Square(3, padding: 1, groups: 2));
        yield return Conv("2 groups, stride, dilation", 1, 10, 13, 12, 6, Conv2dParameters.Square(3, stride: 2, padding: 2, dilation: 2, groups: 2));
        yield return Conv("depthwise", 2, 17, 9, 7, 17, Conv2dParameters.Square(3, padding: 1, groups: 17));
        yield return Conv("depthwise, 70 columns", 1, 3, 6, 70, 3, Conv2dParameters.Square(3, padding: 1, groups: 3));
        yield return Conv("depthwise, padding larger than the kernel", 1, 5, 5, 7, 5, Conv2dParameters.Square(3, padding: 10, groups: 5));
        yield return Conv("depthwise, dilation 2x3, 2x5 kernel", 2, 4, 9, 19, 4, new Conv2dParameters(2, 5) { DilationHeight = 2, DilationWidth = 3, PaddingHeight = 1, PaddingWidth = 4, Groups = 4 });
        yield return Conv("depthwise, stride 2", 1, 6, 9, 12, 6, Conv2dParameters.Square(3, stride: 2, padding: 1, groups: 6));
        yield return Conv("depthwise, 2 outputs each, 5x5", 1, 5, 11, 9, 10, Conv2dParameters.Square(5, stride: 2, padding: 2, groups: 5));

        // Channels around tiles and blocks: rows of 8 and 4, depth of 256, more rows than one block.
        yield return Conv("1 channel to 1", 3, 1, 6, 5, 1, Conv2dParameters.Square(3, padding: 1));
        yield return Conv("33 channels to 64", 1, 33, 9, 5, 64, Conv2dParameters.Square(3, padding: 1));
        yield return Conv("64 channels to 21", 2, 64, 6, 7, 21, Conv2dParameters.Square(1));
        yield return Conv("48 channels to 17, depth 432", 1, 48, 7, 5, 17, Conv2dParameters.Square(3, padding: 1));
        yield return Conv("300 outputs: two blocks of rows", 1, 5, 20, 19, 300, Conv2dParameters.Square(1));

        // Columns around multiples of three vectors: 12, 24 and 48 floats; and more pixels than one block.
        foreach (int width in (int[])[11, 12, 13, 23, 25, 47, 48, 49, 191, 193])
        {
            yield return Conv($"1 row of {width} columns", 1, 3, 1, width, 9, new Conv2dParameters(1, 3) { PaddingWidth = 1 });
        }

        yield return Conv("1200 pixels: two blocks of the weight gradient", 2, 2, 30, 40, 5, Conv2dParameters.Square(3, padding: 1));

        // The smallest there is.
        yield return Conv("1x1 image, 1x1 kernel", 1, 1, 1, 1, 1, Conv2dParameters.Square(1));
        yield return Conv("1x1 image, 3x3 kernel", 3, 5, 1, 1, 7, Conv2dParameters.Square(3, padding: 1));
    }

    private static IEnumerable<ConvolutionCase> Transposed()
    {
        yield return Up("up 2, FCN's kernel 4", 2, 5, 5, 7, 5, ConvTranspose2dParameters.Square(4, stride: 2));
        yield return Up("up 2, padding 1", 1, 21, 7, 6, 17, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1));
        yield return Up("up 8, FCN's kernel 16", 1, 3, 3, 4, 3, ConvTranspose2dParameters.Square(16, stride: 8));
        yield return Up("up 4, padding 2, 17 columns", 2, 5, 4, 17, 3, ConvTranspose2dParameters.Square(8, stride: 4, padding: 2));
        yield return Up("up 16, output padding, odd kernel", 1, 3, 3, 2, 2, ConvTranspose2dParameters.Square(31, stride: 16, padding: 9, outputPadding: 3));
        yield return Up("up 8, kernel smaller than the stride", 1, 4, 3, 16, 3, ConvTranspose2dParameters.Square(5, stride: 8, padding: 1, outputPadding: 6));
        yield return Up("up 32, FCN's kernel 64", 1, 2, 1, 2, 2, ConvTranspose2dParameters.Square(64, stride: 32));
        yield return Up("up 8, one group a class", 1, 5, 4, 3, 5, ConvTranspose2dParameters.Square(16, stride: 8, padding: 4, groups: 5));
        yield return Up("up 8, one group a class, 9 columns, batch of 2", 2, 3, 4, 9, 3, ConvTranspose2dParameters.Square(16, stride: 8, groups: 3));
        yield return Up("up 8, more columns than are written together", 1, 2, 2, 230, 3, ConvTranspose2dParameters.Square(16, stride: 8, padding: 4));
        yield return Up("up 8, 2 groups, batch of 2", 2, 6, 3, 5, 10, ConvTranspose2dParameters.Square(16, stride: 8, padding: 3, groups: 2));
        yield return Up("up 4, 2 groups", 1, 6, 4, 5, 8, ConvTranspose2dParameters.Square(8, stride: 4, padding: 2, groups: 2));
        yield return Up("up 4, one group a class", 1, 5, 4, 5, 5, ConvTranspose2dParameters.Square(8, stride: 4, padding: 2, groups: 5));
        yield return Up("up 3, output padding 2", 2, 3, 5, 4, 5, ConvTranspose2dParameters.Square(3, stride: 3, padding: 1, outputPadding: 2));
        yield return Up("up 2, output padding 1x0", 1, 3, 5, 4, 4, new ConvTranspose2dParameters(3, 3) { StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1, OutputPaddingHeight = 1 });
        yield return Up("up asymmetric", 1, 3, 5, 6, 4, new ConvTranspose2dParameters(2, 5) { StrideHeight = 3, StrideWidth = 2, PaddingWidth = 1, OutputPaddingHeight = 2 });
        yield return Up("up 2, dilation 2", 1, 5, 6, 5, 3, ConvTranspose2dParameters.Square(3, stride: 2, padding: 2, dilation: 2));
        yield return Up("up 2, dilation 3, output padding 2", 2, 2, 4, 5, 3, ConvTranspose2dParameters.Square(2, stride: 2, dilation: 3, outputPadding: 2));
        yield return Up("up 1, output padding by dilation", 1, 2, 4, 5, 3, ConvTranspose2dParameters.Square(3, padding: 1, dilation: 2, outputPadding: 1));
        yield return Up("up 1 is a full convolution", 1, 16, 9, 8, 17, ConvTranspose2dParameters.Square(3));
        yield return Up("up 2, 2 groups", 2, 6, 5, 4, 10, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1, groups: 2));
        yield return Up("up, depthwise", 1, 17, 5, 6, 17, ConvTranspose2dParameters.Square(3, stride: 2, padding: 1, groups: 17));
        yield return Up("up, stride larger than the kernel", 1, 3, 4, 5, 2, ConvTranspose2dParameters.Square(2, stride: 5));
        yield return Up("up, 1x1 kernel, stride 3, output padding", 1, 3, 4, 5, 2, ConvTranspose2dParameters.Square(1, stride: 3, outputPadding: 2));
        yield return Up("up, 1x1 image", 3, 5, 1, 1, 7, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1));
        yield return Up("up, padding cuts to one pixel", 1, 2, 2, 2, 3, ConvTranspose2dParameters.Square(2, padding: 1));
        yield return Up("up 2, 64 channels", 1, 64, 5, 5, 33, ConvTranspose2dParameters.Square(4, stride: 2, padding: 1));
        yield return Up("up 1, 49 columns", 2, 3, 2, 49, 5, new ConvTranspose2dParameters(2, 3) { PaddingWidth = 1 });
        yield return Up("up 2, 97 columns", 1, 3, 3, 49, 9, new ConvTranspose2dParameters(3, 3) { StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1 });
    }

    private static ConvolutionCase Conv(string name, int n, int c, int h, int w, int outChannels, Conv2dParameters parameters) =>
        new(name, new Shape(n, c, h, w), outChannels, parameters, null);

    private static ConvolutionCase Up(string name, int n, int c, int h, int w, int outChannels, ConvTranspose2dParameters parameters) =>
        new(name, new Shape(n, c, h, w), outChannels, null, parameters);
}
