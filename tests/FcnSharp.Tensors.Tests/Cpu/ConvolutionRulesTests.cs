using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>The table of algorithms: what nets' layers get, on vectors of 16 lanes.</summary>
public sealed class ConvolutionRulesTests
{
    [Theory]
    [InlineData("VGG conv1_1", 3, 64, 3, 1, 1, 500, 500, "sums over interleaved pixels", "rows of three planes at once", "sums over interleaved pixels")]
    [InlineData("ResNet conv1", 3, 64, 7, 2, 3, 224, 224, "sums over interleaved pixels", "rows of three planes at once", "sums over interleaved pixels")]
    [InlineData("VGG conv3_1", 128, 256, 3, 1, 1, 125, 125, "winograd F(6x6,3x3)", "winograd F(6x6,3x3)", "winograd F(6x6,3x3)")]
    [InlineData("VGG conv5_1", 512, 512, 3, 1, 1, 32, 32, "winograd F(4x4,3x3)", "winograd F(4x4,3x3)", "winograd F(4x4,3x3)")]
    [InlineData("GoogLeNet 5a/3x3", 160, 320, 3, 1, 1, 12, 15, "winograd F(4x4,3x3)", "winograd F(4x4,3x3)", "winograd F(4x4,3x3)")]
    [InlineData("VGG conv4_2", 512, 512, 3, 1, 1, 63, 63, "winograd F(6x6,3x3)", "winograd F(6x6,3x3)", "winograd F(6x6,3x3)")]
    [InlineData("GoogLeNet 4b/3x3", 112, 224, 3, 1, 1, 23, 30, "winograd F(6x6,3x3)", "winograd F(6x6,3x3)", "winograd F(6x6,3x3)")]
    [InlineData("few pixels to tiles of 6", 112, 224, 3, 1, 1, 23, 26, "winograd F(4x4,3x3)", "winograd F(4x4,3x3)", "winograd F(4x4,3x3)")]
    [InlineData("small map", 512, 512, 3, 1, 1, 5, 8, "winograd F(4x4,3x3)", "winograd F(4x4,3x3)", "winograd F(4x4,3x3)")]
    [InlineData("tiny map", 512, 512, 3, 1, 1, 3, 13, "sums over taps on vectors of channels", "sums over taps on vectors of channels", "sums over taps on vectors of channels")]
    [InlineData("GoogLeNet 4b/5x5", 24, 64, 5, 1, 2, 23, 30, "winograd F(4x4,5x5)", "winograd F(4x4,5x5)", "winograd F(4x4,5x5)")]
    [InlineData("fc6", 512, 4096, 7, 1, 0, 10, 10, "winograd F(2x2,7x7)", "winograd F(2x2,7x7)", "winograd F(2x2,7x7)")]
    [InlineData("fc7", 4096, 4096, 1, 1, 0, 10, 10, "matrix product on vectors of channels", "matrix product on vectors of channels", "matrix product to the weights as they lie")]
    [InlineData("score", 4096, 21, 1, 1, 0, 10, 10, "shifted runs of planes", "matrix product on whole planes", "sums over pixels of whole planes")]
    [InlineData("score of few classes", 512, 16, 1, 1, 0, 32, 32, "shifted runs of planes", "matrix product on whole planes", "matrix product on whole planes")]
    [InlineData("1x1 on 7x7 pixels", 512, 2048, 1, 1, 0, 7, 7, "matrix product on vectors of channels", "matrix product on vectors of channels", "matrix product to the weights as they lie")]
    [InlineData("1x1 of 64 on 7x7 pixels", 64, 64, 1, 1, 0, 7, 7, "matrix product on vectors of channels", "matrix product on vectors of channels", "matrix product to the weights as they lie")]
    [InlineData("1x1 to 64", 64, 64, 1, 1, 0, 90, 120, "matrix product on whole planes", "matrix product on whole planes", "sums over pixels of whole planes")]
    [InlineData("1x1 on few pixels", 64, 64, 1, 1, 0, 13, 23, "matrix product on vectors of channels", "matrix product on vectors of channels", "sums over pixels of whole planes")]
    [InlineData("fc7 of a large image", 4096, 4096, 1, 1, 0, 25, 40, "matrix product on vectors of channels", "matrix product on vectors of channels", "sums over pixels of whole planes")]
    [InlineData("stride 2", 64, 128, 3, 2, 1, 50, 100, "sums over taps on vectors of channels", "sums over taps on vectors of channels", "sums over taps on vectors of channels")]
    [InlineData("few channels", 8, 128, 3, 1, 1, 50, 100, "shifted runs of planes", "shifted runs of planes", "shifted runs of planes")]
    public void Layers_get_the_algorithm_of_their_shape(string layer, int inputs, int outputs, int kernel, int stride, int padding, int height, int width, string forward, string backwardInput, string backwardWeight)
    {
        var rules = new ConvolutionRules(KernelSet.Avx512.Blocked, Precision.Fast);
        var site = new ConvolutionSite(Conv2dParameters.Square(kernel, stride, padding), new Shape(outputs, inputs, kernel, kernel), new Shape(1, 1, height, width), ConstantWeights: false);

        Assert.Equal(
            (layer, forward, backwardInput, backwardWeight),
            (layer, ConvolutionRules.Choose(rules.Forward, site).Name, ConvolutionRules.Choose(rules.BackwardInput, site).Name, ConvolutionRules.Choose(rules.BackwardWeight, site).Name));
    }

    [Theory]
    [InlineData(3, 13, "sums over taps on vectors of channels")]
    [InlineData(5, 8, "winograd F(2x2,3x3)")]
    [InlineData(9, 11, "winograd F(2x2,3x3)")]
    [InlineData(10, 10, "winograd F(4x4,3x3)")]
    [InlineData(23, 30, "winograd F(4x4,3x3)")]
    [InlineData(40, 49, "winograd F(4x4,3x3)")]
    [InlineData(40, 50, "winograd F(6x6,3x3)")]
    public void Constant_weights_get_the_tile_that_is_worth_its_memory(int height, int width, string algorithm)
    {
        foreach (KernelSet kernels in KernelSet.All)
        {
            var rules = new ConvolutionRules(kernels.Blocked, Precision.Fast);
            var site = new ConvolutionSite(Conv2dParameters.Square(3, padding: 1), new Shape(64, 64, 3, 3), new Shape(1, 64, height, width), ConstantWeights: true);
            Assert.Equal(algorithm, ConvolutionRules.Choose(rules.Forward, site).Name);
            Assert.Equal(algorithm, ConvolutionRules.Choose(rules.BackwardInput, site).Name);
            Assert.False(ConvolutionRules.IsForAnyMap(rules.Forward, site));
        }
    }

    [Theory]
    [InlineData(1, 7, 7, "winograd F(4x4,3x3)")]
    [InlineData(2, 4, 5, "winograd F(4x4,3x3)")]
    [InlineData(42, 7, 7, "winograd F(4x4,3x3)")]
    [InlineData(11, 14, 14, "winograd F(4x4,3x3)")]
    [InlineData(1, 8, 250, "winograd F(4x4,3x3)")]
    [InlineData(3, 23, 30, "winograd F(6x6,3x3)")]
    public void Batches_of_small_maps_get_the_tile_that_multiplies_less(int images, int height, int width, string algorithm)
    {
        var rules = new ConvolutionRules(KernelSet.Avx512.Blocked, Precision.Fast);
        var site = new ConvolutionSite(Conv2dParameters.Square(3, padding: 1), new Shape(64, 64, 3, 3), new Shape(images, 64, height, width), ConstantWeights: false);
        Assert.All([rules.Forward, rules.BackwardInput, rules.BackwardWeight], pass => Assert.Equal(algorithm, ConvolutionRules.Choose(pass, site).Name));
    }

    [Fact]
    public void Constant_5x5_weights_get_tiles_on_any_map_and_changing_ones_from_100_pixels_on()
    {
        foreach (KernelSet kernels in KernelSet.All)
        {
            var rules = new ConvolutionRules(kernels.Blocked, Precision.Fast);
            var site = new ConvolutionSite(Conv2dParameters.Square(5, padding: 2), new Shape(64, 64, 5, 5), new Shape(1, 64, 1, 1), ConstantWeights: true);
            Assert.Equal(ConvolutionAlgorithm.Tiles5x5, ConvolutionRules.Choose(rules.Forward, site));
            Assert.True(ConvolutionRules.IsForAnyMap(rules.Forward, site));
            Assert.Equal(ConvolutionAlgorithm.Tiles5x5, ConvolutionRules.Choose(rules.Forward, site with { Map = new Shape(1, 64, 10, 10), ConstantWeights = false }));
            Assert.Equal(ConvolutionAlgorithm.Direct, ConvolutionRules.Choose(rules.Forward, site with { Map = new Shape(1, 64, 9, 11), ConstantWeights = false }));
        }
    }

    [Theory]
    [InlineData(21, 15, 20, "matrix product on whole planes", "sums over pixels of whole planes")]
    [InlineData(21, 13, 23, "shifted runs of planes", "sums over pixels of whole planes")]
    [InlineData(15, 15, 20, "shifted runs of planes", "matrix product on whole planes")]
    [InlineData(80, 15, 20, "matrix product on whole planes", "sums over pixels of whole planes")]
    [InlineData(80, 13, 23, "matrix product on vectors of channels", "matrix product to the weights as they lie")]
    public void Shorter_vectors_take_planes_as_they_lie_for_fewer_outputs(int outputs, int height, int width, string forward, string backwardWeight)
    {
        var site = new ConvolutionSite(Conv2dParameters.Square(1), new Shape(outputs, 64, 1, 1), new Shape(1, 1, height, width), ConstantWeights: false);
        foreach (KernelSet kernels in (KernelSet[])[KernelSet.Avx2, KernelSet.Portable])
        {
            var rules = new ConvolutionRules(kernels.Blocked, Precision.Fast);
            Assert.Equal(
                (kernels.Name, forward, backwardWeight),
                (kernels.Name, ConvolutionRules.Choose(rules.Forward, site).Name, ConvolutionRules.Choose(rules.BackwardWeight, site).Name));
        }
    }

    [Fact]
    public void Exact_precision_never_filters_minimally_and_the_last_line_takes_everything()
    {
        foreach (KernelSet kernels in KernelSet.All)
        {
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                var rules = new ConvolutionRules(kernels.Blocked, precision);
                foreach (IReadOnlyList<ConvolutionRule> pass in (IReadOnlyList<ConvolutionRule>[])[rules.Forward, rules.BackwardInput, rules.BackwardWeight, rules.TransposedForward, rules.TransposedBackward])
                {
                    Assert.Equal("any other", pass[^1].Shapes);
                    Assert.All(pass.SkipLast(1), r => Assert.NotEqual("any other", r.Shapes));
                    Assert.True(precision == Precision.Fast || pass.All(r => r.Algorithm.Scheme is not { Kernel: > 1 }));
                }

                ConvolutionRule[] all = [.. rules.Forward, .. rules.BackwardInput, .. rules.BackwardWeight, .. rules.TransposedForward, .. rules.TransposedBackward];
                Assert.Equal(all.Select(r => (r.Algorithm.Name, r.Shapes)), ConvolutionTableRow.Of(kernels, precision).Select(r => (r.Algorithm, r.Shapes)));
            }
        }
    }
}
