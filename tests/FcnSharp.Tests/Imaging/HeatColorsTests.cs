using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.Tests.Imaging;

/// <summary>Numbers shown as heat.</summary>
public sealed class HeatColorsTests
{
    [Fact]
    public void More_heat_is_brighter_and_the_ends_are_black_and_near_white()
    {
        double[] brightness = [.. Enumerable.Range(0, 101).Select(i => HeatColors.Of(i / 100f)).Select(c => 0.299 * c.R + 0.587 * c.G + 0.114 * c.B)];

        Assert.Equal((0, 0, 0), HeatColors.Of(0));
        Assert.Equal((255, 255, 240), HeatColors.Of(1));
        Assert.All(brightness.Zip(brightness.Skip(1)), pair => Assert.True(pair.Second > pair.First));
    }

    [Theory]
    [InlineData(-1f, 0f)]
    [InlineData(float.NaN, 0f)]
    [InlineData(7f, 1f)]
    public void What_is_no_share_is_shown_as_an_end(float value, float end) => Assert.Equal(HeatColors.Of(end), HeatColors.Of(value));

    [Fact]
    public void The_overlay_keeps_the_image_where_it_is_cold()
    {
        var image = new RgbImage(2, 1, [10, 20, 30, 100, 100, 100]);

        RgbImage overlay = HeatColors.Overlay(image, [0, 1]);

        // 0.3 of the image and 0.7 of the hottest colour.
        Assert.Equal([10, 20, 30, 208, 208, 198], overlay.Pixels);
        Assert.Equal([0, 0, 0, 255, 255, 240], HeatColors.Draw([0, 1], 2, 1).Pixels);
        Assert.Throws<ArgumentException>(() => HeatColors.Overlay(image, [0]));
        Assert.Throws<ArgumentException>(() => HeatColors.Draw([0], 2, 1));
    }
}
