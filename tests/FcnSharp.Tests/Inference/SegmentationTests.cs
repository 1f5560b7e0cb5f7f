using System.Diagnostics;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using FcnSharp.Tests.Imaging.Regions;
using Xunit;

namespace FcnSharp.Tests.Inference;

public sealed class SegmentationTests
{
    private static readonly ClassInfo[] Classes = [new("sky", 0, 0, 255), new("road", 90, 90, 90), new("tree", 0, 128, 0), new("car", 200, 0, 0), new("sign", 200, 200, 0)];

    [Fact]
    public void Areas_count_pixels_and_average_confidence_the_largest_first()
    {
        LabelMap map = RandomMaps.Parse("0022", "2222", "0003");
        float[] confidence = [1, 0.5f, 1, 1, 1, 1, 1, 0.25f, 0.5f, 0.75f, 1, 0.125f];

        IReadOnlyList<ClassArea> areas = new Segmentation(map, Classes, confidence).Areas();

        Assert.Equal(
            [new(2, Classes[2], 6, 0.5, 5.25 / 6), new(0, Classes[0], 5, 5 / 12.0, 3.75 / 5), new ClassArea(3, Classes[3], 1, 1 / 12.0, 0.125)],
            areas);
        Assert.All(new Segmentation(map, Classes).Areas(), area => Assert.Null(area.Confidence));
    }

    [Fact]
    public void Each_pixel_has_its_class()
    {
        Segmentation result = new(RandomMaps.Parse("01", "23", "40"), Classes);
        Assert.Equal("tree", result[0, 1].Name);
        Assert.Equal("sign", result[0, 2].Name);
        Assert.Equal((2, 3), (result.Width, result.Height));
        Assert.Throws<ArgumentOutOfRangeException>(() => result[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => result[0, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => result[-1, 1]);
    }

    [Fact]
    public void Labels_and_confidences_that_do_not_fit_are_refused()
    {
        Assert.Contains("0 to 4, found 5", Assert.Throws<FcnSharpException>(() => new Segmentation(RandomMaps.Parse("05"), Classes)).Message, StringComparison.Ordinal);
        Assert.Contains("needs 2 confidences, found 3", Assert.Throws<FcnSharpException>(() => new Segmentation(RandomMaps.Parse("01"), Classes, new float[3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Polygons_run_between_the_pixels_with_holes()
    {
        Segmentation result = new(RandomMaps.Parse("1110", "1210", "1110"), Classes);

        IReadOnlyList<ClassPolygon> polygons = result.Polygons();

        Assert.Equal([1, 0, 2], polygons.Select(p => p.Index));
        Assert.Equal(["road", "sky", "tree"], polygons.Select(p => p.Class.Name));
        Assert.Equal([8, 3, 1], polygons.Select(p => p.Pixels));
        Assert.Equal([new(0, 0), new(3, 0), new(3, 3), new(0, 3)], polygons[0].Exterior);
        Assert.Equal([new(2, 1), new(1, 1), new(1, 2), new(2, 2)], Assert.Single(polygons[0].Holes));
        Assert.Equal([new(1, 1), new(2, 1), new(2, 2), new PixelPoint(1, 2)], polygons[2].Exterior);
    }

    [Fact]
    public void Pixels_that_touch_at_a_corner_are_regions_of_their_own()
    {
        IReadOnlyList<ClassPolygon> polygons = new Segmentation(RandomMaps.Parse("10", "01"), Classes).Polygons();
        Assert.Equal(4, polygons.Count);
        Assert.All(polygons, p => Assert.Equal(4, p.Exterior.Count));
    }

    [Fact]
    public void A_hole_that_touches_the_outside_at_a_corner_stays_a_hole()
    {
        // The middle pixel's upper left corner is a corner of the background, too.
        ClassPolygon ring = new Segmentation(RandomMaps.Parse("011", "101", "111"), Classes).Polygons().Single(p => p.Index == 1);
        Assert.Single(ring.Holes);
        Assert.Equal(ring.Exterior.Count, ring.Exterior.Distinct().Count());
    }

    [Fact]
    public void Polygons_give_back_exactly_the_map_they_were_made_of()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            LabelMap map = RandomMaps.Create(seed);
            IReadOnlyList<ClassPolygon> polygons = new Segmentation(map, Classes).Polygons();

            int[] owner = new int[map.Labels.Length];
            foreach (ClassPolygon polygon in polygons)
            {
                bool[] filled = Fill(polygon, map.Width, map.Height);
                Assert.Equal(polygon.Pixels, filled.Count(inside => inside));
                for (int i = 0; i < filled.Length; i++)
                {
                    if (filled[i])
                    {
                        owner[i]++;
                        Assert.True(map.Labels[i] == polygon.Index, $"seed {seed}, pixel {i}");
                    }
                }
            }

            Assert.All(owner, count => Assert.Equal(1, count));
            Assert.Equal(Regions(map), polygons.Count);
        }
    }

    [Fact]
    public void Rings_turn_at_each_corner_meet_themselves_nowhere_and_run_the_right_way_round()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            LabelMap map = RandomMaps.Create(seed);
            foreach (ClassPolygon polygon in new Segmentation(map, Classes).Polygons())
            {
                Assert.True(Area(polygon.Exterior) > 0, $"seed {seed}");
                Assert.All(polygon.Holes, hole => Assert.True(Area(hole) < 0));
                foreach (IReadOnlyList<PixelPoint> ring in polygon.Holes.Prepend(polygon.Exterior))
                {
                    Assert.Equal(ring.Count, ring.Distinct().Count());
                    for (int i = 0; i < ring.Count; i++)
                    {
                        (PixelPoint a, PixelPoint b, PixelPoint c) = (ring[i], ring[(i + 1) % ring.Count], ring[(i + 2) % ring.Count]);
                        Assert.True(a.X == b.X != (b.X == c.X) && a.Y == b.Y != (b.Y == c.Y), $"seed {seed}: {a} {b} {c}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Small_regions_are_left_out_and_small_holes_filled()
    {
        Segmentation result = new(RandomMaps.Parse("111111", "121221", "111221", "111111", "333330"), Classes);

        IReadOnlyList<ClassPolygon> polygons = result.Polygons(new() { MinPixels = 4 });

        Assert.Equal([1, 2, 3], polygons.Select(p => p.Index));
        Assert.Equal([new(5, 1), new(3, 1), new(3, 3), new(5, 3)], Assert.Single(polygons[0].Holes));
        Assert.Equal(4, polygons[1].Pixels);
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.5)]
    [InlineData(3)]
    public void Simplified_rings_are_shorter_and_no_corner_lies_farther_off_than_allowed(double tolerance)
    {
        LabelMap map = new(300, 200);
        for (int i = 0; i < map.Labels.Length; i++)
        {
            (double x, double y) = (i % 300 - 150, i / 300 - 100);
            map.Labels[i] = (ushort)(((x * x) / 2 + y * y < 80 * 80 ? 1 : 0) + (x > y ? 2 : 0));
        }

        Segmentation result = new(map, Classes);
        IReadOnlyList<ClassPolygon> exact = result.Polygons();
        IReadOnlyList<ClassPolygon> simple = result.Polygons(new() { Tolerance = tolerance });

        Assert.Equal(exact.Count, simple.Count);
        Assert.True(simple.Sum(p => p.Exterior.Count) * 4 < exact.Sum(p => p.Exterior.Count));
        foreach ((ClassPolygon before, ClassPolygon after) in exact.Zip(simple))
        {
            Assert.All(before.Exterior, point => Assert.True(Distance(point, after.Exterior) <= tolerance + 1e-9));
            Assert.Subset(before.Exterior.ToHashSet(), after.Exterior.ToHashSet());
        }
    }

    [Fact]
    public void A_ring_that_would_vanish_stays()
    {
        ClassPolygon pixel = new Segmentation(RandomMaps.Parse("000", "010", "000"), Classes).Polygons(new() { Tolerance = 10 }).Single(p => p.Index == 1);
        Assert.Equal(4, pixel.Exterior.Count);
    }

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(1, -0.5)]
    [InlineData(1, double.NaN)]
    public void Options_out_of_range_are_refused(int minPixels, double tolerance)
    {
        Segmentation result = new(RandomMaps.Parse("01"), Classes);
        Assert.StartsWith("Polygons need", Assert.Throws<FcnSharpException>(() => result.Polygons(new() { MinPixels = minPixels, Tolerance = tolerance })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Maps_made_to_be_slow_are_not()
    {
        // A comb that is one region, a spiral that is one ring, and noise that is nothing but regions: each 4 million pixels.
        const int Side = 2000;
        LabelMap comb = new(Side, Side);
        LabelMap spiral = new(Side, Side);
        LabelMap noise = new(Side, Side);
        Random random = new(1);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                int ring = Math.Min(Math.Min(x, y), Math.Min(Side - 1 - x, Side - 1 - y));
                comb.Row(y)[x] = (ushort)(x % 2 == 0 || y == Side - 1 ? 1 : 0);
                spiral.Row(y)[x] = (ushort)(ring % 2 == 0 || (x == ring && y == ring + 1) ? 1 : 0);
                noise.Row(y)[x] = (ushort)random.Next(2);
            }
        }

        foreach (LabelMap map in (LabelMap[])[comb, spiral, noise])
        {
            Stopwatch watch = Stopwatch.StartNew();
            Assert.NotEmpty(new Segmentation(map, Classes).Polygons(new() { Tolerance = 2, MinPixels = 2 }));
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        }
    }

    [Fact]
    public void Run_lengths_give_back_the_map_column_by_column()
    {
        Assert.Equal([0, 2, 1, 1], RunLengthMask.Of(RandomMaps.Parse("10", "11"))[1].Counts);
        for (int seed = 0; seed < 200; seed++)
        {
            LabelMap map = RandomMaps.Create(seed);
            IReadOnlyList<RunLengthMask> masks = new Segmentation(map, Classes).RunLengths();
            Assert.Equal(map.Labels.Distinct().Order().Select(l => (int)l), masks.Select(m => m.Label));
            foreach (RunLengthMask mask in masks)
            {
                Assert.Equal((map.Width, map.Height), (mask.Width, mask.Height));
                bool[] pixels = [.. mask.Counts.SelectMany((count, i) => Enumerable.Repeat(i % 2 == 1, count))];
                Assert.Equal(Enumerable.Range(0, map.Labels.Length).Select(i => map.Row(i % map.Height)[i / map.Height] == mask.Label), pixels);
                Assert.All(mask.Counts.Skip(1), count => Assert.True(count > 0));
            }
        }
    }

    [Fact]
    public void The_mask_that_is_saved_has_the_indices_and_the_overlay_the_colours()
    {
        using TempFolder folder = new();
        LabelMap map = RandomMaps.Parse("01", "23");
        Segmentation result = new(map, Classes);

        result.SaveMask(folder["mask.png"]);

        Assert.Equal(map.Labels, PngFile.ReadLabels(folder["mask.png"]).Labels);
        Assert.Equal(File.ReadAllBytes(folder["mask.png"]), result.EncodeMask());
        Assert.Equal([0, 0, 255, 90, 90, 90, 0, 128, 0, 200, 0, 0], result.Overlay(new RgbImage(2, 2), opacity: 1).Pixels);
        Assert.Throws<FcnSharpException>(() => result.Overlay(new RgbImage(2, 3)));
    }

    /// <summary>Pixels whose middle lies in a polygon, by counting the edges to the left of it, as a program that draws polygons does.</summary>
    private static bool[] Fill(ClassPolygon polygon, int width, int height)
    {
        bool[] inside = new bool[width * height];
        foreach (IReadOnlyList<PixelPoint> ring in polygon.Holes.Prepend(polygon.Exterior))
        {
            for (int i = 0; i < ring.Count; i++)
            {
                (PixelPoint a, PixelPoint b) = (ring[i], ring[(i + 1) % ring.Count]);
                for (int y = Math.Min(a.Y, b.Y); y < Math.Max(a.Y, b.Y); y++)
                {
                    for (int x = a.X; x < width; x++)
                    {
                        inside[(y * width) + x] ^= true;
                    }
                }
            }
        }

        return inside;
    }

    /// <summary>How many regions there are, counted by flooding one after the other.</summary>
    private static int Regions(LabelMap map)
    {
        bool[] seen = new bool[map.Labels.Length];
        int count = 0;
        for (int i = 0; i < seen.Length; i++)
        {
            if (seen[i])
            {
                continue;
            }

            count++;
            Stack<int> open = new([i]);
            while (open.TryPop(out int at))
            {
                if (seen[at] || map.Labels[at] != map.Labels[i])
                {
                    continue;
                }

                seen[at] = true;
                (int x, int y) = (at % map.Width, at / map.Width);
                foreach ((int nx, int ny) in ((int, int)[])[(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)])
                {
                    if (nx >= 0 && ny >= 0 && nx < map.Width && ny < map.Height)
                    {
                        open.Push((ny * map.Width) + nx);
                    }
                }
            }
        }

        return count;
    }

    /// <summary>Twice the area, positive where the ring runs clockwise with y downwards.</summary>
    private static long Area(IReadOnlyList<PixelPoint> ring) =>
        ring.Select((a, i) => (a, b: ring[(i + 1) % ring.Count])).Sum(e => ((long)e.a.X * e.b.Y) - ((long)e.b.X * e.a.Y));

    private static double Distance(PixelPoint point, IReadOnlyList<PixelPoint> ring) => ring.Select((a, i) =>
    {
        PixelPoint b = ring[(i + 1) % ring.Count];
        (double dx, double dy) = (b.X - a.X, b.Y - a.Y);
        double along = Math.Clamp((((point.X - a.X) * dx) + ((point.Y - a.Y) * dy)) / ((dx * dx) + (dy * dy)), 0, 1);
        return Math.Sqrt(Math.Pow(point.X - a.X - (along * dx), 2) + Math.Pow(point.Y - a.Y - (along * dy), 2));
    }).Min();
}
