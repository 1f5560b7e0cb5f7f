using FcnSharp.Inference.Tiling;
using FcnSharp.Models;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Inference.Tiling;

public class TilePlannerTests
{
    [Theory]
    [InlineData("mini-fcn8s", BorderPadding.Tight, 1)]
    [InlineData("mini-fcn8s", BorderPadding.Tight, 5)]
    [InlineData("fcn8s-googlenet", BorderPadding.Tight, 3)]
    [InlineData("fcn8s-vgg16", BorderPadding.Reference, 2)]
    [InlineData("fcn16s-alexnet", BorderPadding.Reference, 2)]
    public void Tiles_cover_the_image_once_with_two_sizes_of_windows_on_the_grid(string net, BorderPadding padding, int extra)
    {
        var planner = new TilePlanner(Catalogue.Build(net, new NetOptions { Classes = 2, Padding = padding }), "classes");
        int align = planner.Alignment.Width;
        foreach (TileHalo halo in Enum.GetValues<TileHalo>())
        {
            int window = planner.SmallestWindow(halo).Width + (extra - 1) * align;
            foreach (int width in (int[])[1, window - 1, window, window + 1, window + align, 2 * window + 3, 12_001])
            {
                TilePlan plan = planner.Plan(70, width, 70, window, halo);
                Assert.Single(plan.Rows);
                int done = 0;
                foreach (TileSpan tile in plan.Columns)
                {
                    Assert.Equal(done, tile.Output.Start);
                    Assert.Equal(0, tile.Window.Start % align);
                    Assert.InRange(tile.Output.Start, tile.Window.Start, tile.Output.End);
                    Assert.True(tile.Output.End <= tile.Window.End && tile.Window.End <= width && tile.Window.Length <= window, $"{tile}");
                    done = tile.Output.End;
                }

                Assert.Equal(width, done);
                Assert.InRange(plan.Columns.Select(t => t.Window.Length).Distinct().Count(), 1, 2);
                Assert.Equal(width <= window, plan.Count == 1);
            }
        }
    }

    [Fact]
    public void The_smallest_windows_that_need_no_more_tiles_are_taken()
    {
        var planner = new TilePlanner(Catalogue.Build("mini-fcn8s", new NetOptions { Classes = 2 }), "classes");
        TilePlan plan = planner.Plan(10, 3000, 10, 2900);
        Assert.Equal(2, plan.Count);
        Assert.InRange(plan.WindowWidth, 1500, 1900);
        Assert.InRange(plan.Overhead, 1, 1.3);
    }

    [Fact]
    public void A_window_that_holds_nothing_but_surroundings_is_refused()
    {
        var planner = new TilePlanner(Catalogue.Build("mini-fcn8s", new NetOptions { Classes = 2 }), "classes");
        string message = NetAssert.OneLine(Assert.Throws<FcnSharpException>(() => planner.Plan(10, 3000, 10, 128)).Message);
        Assert.Contains($"at least {planner.SmallestWindow(TileHalo.Exact).Width} pixels", message, StringComparison.Ordinal);
        Assert.Contains("found 128", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Less_halo_needs_smaller_windows()
    {
        var planner = new TilePlanner(Catalogue.Build("fcn8s-googlenet", new NetOptions { Classes = 2 }), "classes");
        Assert.True(planner.SmallestWindow(TileHalo.Fast).Height < planner.SmallestWindow(TileHalo.Exact).Height / 2);
        Assert.True(planner.Plan(4000, 4000, 1280, 1280, TileHalo.Fast).Overhead < planner.Plan(4000, 4000, 1280, 1280).Overhead / 2);
    }
}
