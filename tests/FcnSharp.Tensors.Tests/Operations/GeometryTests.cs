using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Operations;

public sealed class GeometryTests
{
    [Fact]
    public void The_transposed_convolution_undoes_the_size_of_the_convolution()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            ConvolutionCase c = RandomGeometry.Convolution(seed);
            ConvTranspose2dParameters up = RandomGeometry.TransposedOf(c.Convolution!, c.Input, c.Output);
            Assert.Equal(c.Input, up.OutputShape(c.Output, c.Weight));
            Assert.Equal(c.Convolution, up.Convolution);
            Assert.Equal(c.Output, up.Convolution.OutputShape(c.Input, c.Weight));
        }
    }

    [Fact]
    public void The_output_has_as_many_pixels_as_the_kernel_has_places()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            ConvolutionCase c = RandomGeometry.Convolution(seed);
            Conv2dParameters p = c.Convolution!;
            int places = 0;
            for (int y = -p.PaddingHeight; y + p.DilationHeight * (p.KernelHeight - 1) < c.Input.H + p.PaddingHeight; y += p.StrideHeight)
            {
                places++;
            }

            Assert.Equal(places, c.Output.H);
        }
    }

    [Fact]
    public void A_kernel_larger_than_the_padded_image_is_refused_with_the_sizes_and_the_remedy()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => Conv2dParameters.Square(7, padding: 1).OutputShape(new Shape(1, 3, 4, 9), new Shape(2, 3, 7, 7)));
        Assert.Equal("The kernel covers 7 rows, but the padded input has 6 (input 4, padding 1): use a larger image, a smaller kernel or more padding.", error.Message);
        error = Assert.Throws<FcnSharpException>(() => Conv2dParameters.Square(3, dilation: 5).OutputShape(new Shape(1, 3, 20, 10), new Shape(2, 3, 3, 3)));
        Assert.Contains("covers 11 columns", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<FcnSharpException>(() => ConvTranspose2dParameters.Square(2, padding: 1).OutputShape(new Shape(1, 3, 1, 5), new Shape(3, 2, 2, 2)));
        Assert.Contains("gives 0 rows from 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1, 0, 1, 1)]
    [InlineData(3, 0, 0, 1, 1)]
    [InlineData(3, 1, -1, 1, 1)]
    [InlineData(3, 1, 0, 0, 1)]
    [InlineData(3, 1, 0, 1, 0)]
    [InlineData(3, 1, 0, 1, 4)]
    [InlineData(int.MinValue, 1, 0, 1, 1)]
    [InlineData(3, int.MinValue, int.MinValue, int.MinValue, int.MinValue)]
    [InlineData(3, 1, 0, 1, int.MaxValue)]
    public void Parameters_out_of_range_are_refused(int kernelSize, int stride, int padding, int dilation, int groups)
    {
        Assert.Throws<FcnSharpException>(() => Conv2dParameters.Square(kernelSize, stride, padding, dilation, groups).WeightShape(6, 9));
        Assert.Throws<FcnSharpException>(() => ConvTranspose2dParameters.Square(kernelSize, stride, padding, dilation, groups).WeightShape(6, 9));
        Assert.Throws<FcnSharpException>(() => ConvTranspose2dParameters.Square(kernelSize, stride, padding, dilation, groups).OutputShape(new Shape(1, 6, 9, 9), new Shape(6, 9, 3, 3)));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 3)]
    [InlineData(2, 3, 3)]
    [InlineData(2, 1, -1)]
    public void Output_padding_has_to_be_less_than_stride_or_dilation(int stride, int dilation, int outputPadding)
    {
        ConvTranspose2dParameters parameters = ConvTranspose2dParameters.Square(3, stride, dilation: dilation, outputPadding: outputPadding);
        Assert.Contains("output padding", Assert.Throws<FcnSharpException>(() => parameters.OutputShape(new Shape(1, 2, 3, 4), new Shape(2, 5, 3, 3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_shape_are_refused()
    {
        Assert.Contains("2x3x3x3", Assert.Throws<FcnSharpException>(() => Conv2dParameters.Square(3).OutputShape(new Shape(1, 3, 9, 9), new Shape(2, 4, 3, 3))).Message, StringComparison.Ordinal);
        Assert.Throws<FcnSharpException>(() => ConvTranspose2dParameters.Square(3).OutputShape(new Shape(1, 3, 9, 9), new Shape(2, 3, 3, 3)));
        Assert.Throws<FcnSharpException>(() => ConvTranspose2dParameters.Square(3).OutputShape(new Shape(1, 3, 9, 9), new Shape(3, 3, 3, 2)));
    }

    [Fact]
    public void Sizes_beyond_what_kernels_can_index_are_refused_with_a_line()
    {
        // Kernels compute y * stride - padding + tap * dilation with 32 bits, so the padded image has to stay well below that.
        var input = new Shape(1, 1, 5, 5);
        var weight = new Shape(1, 1, 3, 3);
        Conv2dParameters[] hostile =
        [
            Conv2dParameters.Square(3, padding: int.MaxValue),
            Conv2dParameters.Square(3, padding: 1 << 30, stride: 1 << 30),
            Conv2dParameters.Square(3, padding: int.MaxValue, dilation: int.MaxValue),
            Conv2dParameters.Square(3, dilation: int.MaxValue),
        ];
        foreach (Conv2dParameters p in hostile)
        {
            Assert.Throws<FcnSharpException>(() => p.OutputShape(input, weight));
        }

        ConvTranspose2dParameters[] transposed =
        [
            ConvTranspose2dParameters.Square(3, stride: int.MaxValue),
            ConvTranspose2dParameters.Square(3, stride: int.MaxValue, padding: int.MaxValue),
            ConvTranspose2dParameters.Square(3, dilation: int.MaxValue, padding: int.MaxValue),
            ConvTranspose2dParameters.Square(3, padding: int.MaxValue),
        ];
        foreach (ConvTranspose2dParameters p in transposed)
        {
            Assert.Throws<FcnSharpException>(() => p.OutputShape(input, weight));
        }

        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(int.MaxValue, 1 << 30, int.MaxValue - 1, CeilMode: true).OutputShape(input));
        Assert.Throws<FcnSharpException>(() => new MaxPool2dParameters(int.MaxValue, 1, 0, CeilMode: true).OutputShape(input));
    }

    [Fact]
    public void A_huge_stride_is_one_output_pixel_and_leaves_the_other_gradients_zero()
    {
        var c = new ConvolutionCase("huge stride", new Shape(1, 2, 5, 7), 3, Conv2dParameters.Square(3, stride: int.MaxValue), null);
        Assert.Equal(new Shape(1, 3, 1, 1), c.Output);
        ConvolutionData data = ConvolutionData.Integers(c);
        using var reference = new Reference.ReferenceDevice();
        using var device = new Tensors.Cpu.CpuDevice();
        ConvolutionRun expected = ConvolutionRun.On(reference, c, data);
        ConvolutionRun actual = ConvolutionRun.On(device, c, data);
        TensorAssert.Exact("output", c.Output, expected.Output, actual.Output);
        TensorAssert.Exact("gradInput", c.Input, expected.GradInput, actual.GradInput);
        TensorAssert.Exact("gradWeight", c.Weight, expected.GradWeight, actual.GradWeight);
    }
}
