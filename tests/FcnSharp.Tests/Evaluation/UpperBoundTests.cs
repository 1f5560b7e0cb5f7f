using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Evaluation;

public sealed class UpperBoundTests
{
    private const ushort V = 255;

    [Fact]
    public void Nearest_gives_each_cell_the_label_in_its_middle()
    {
        // Cells of 2x2 from the upper left corner; the last column and row are cut to one pixel and have that one as their middle.
        LabelMap truth = new(5, 3,
        [
            0, 1, 2, 3, 4,
            5, 6, 7, V, 9,
            1, 2, 3, 4, 5,
        ]);

        Assert.Equal(
        [
            6, 6, V, V, 9,
            6, 6, V, V, 9,
            2, 2, 4, 4, 5,
        ], UpperBound.Nearest(truth, 2).Labels);

        // One cell of 3 rows and 4 columns, and one of 3 rows and the last column.
        ushort[] row = [7, 7, 7, 7, 9];
        Assert.Equal([.. row, .. row, .. row], UpperBound.Nearest(truth, 4).Labels);
    }

    [Fact]
    public void Bilinear_interpolates_the_shares_of_classes_between_cells()
    {
        // Cells of 4: shares of class 1 are 0, 1/4 and 1, with centres at 1.5, 5.5 and 9.5. Between the last two they pass 1/2
        // a third of the way, at 5.5 + 4/3 = 6.83, so pixel 7 is the first of class 1, and also in truth.
        LabelMap truth = new(12, 1, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        Assert.Equal(truth.Labels, UpperBound.Bilinear(truth, 4, V).Labels);

        // Shares of class 1: 0, 3/4, 1; 1/2 is passed two thirds of the way from 1.5 to 5.5, at 4.17: pixel 5 is first.
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], UpperBound.Bilinear(new LabelMap(12, 1, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]), 4, V).Labels);

        // Two pixels of class 1 across the middle of four cells of 4 are 1/4 of each of two cells and nowhere the most.
        Assert.Equal(new ushort[16], UpperBound.Bilinear(new LabelMap(16, 1, [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]), 4, V).Labels);
    }

    [Fact]
    public void Bilinear_takes_the_first_of_equals_and_works_on_both_axes()
    {
        // One cell of two classes, half each.
        Assert.Equal([1, 1, 1, 1], UpperBound.Bilinear(new LabelMap(2, 2, [2, 2, 1, 1]), 2, V).Labels);

        // Cells of 2 rows: all 0, all 1. Rows 1 and 2 lie a quarter cell from the border: 3/4 of their own.
        LabelMap rows = new(1, 4, [0, 0, 1, 1]);
        Assert.Equal(rows.Labels, UpperBound.Bilinear(rows, 2, V).Labels);

        // Three cells to one around the corner: pixel (2, 2) has 9/16 of its own cell, its neighbours less of class 1.
        LabelMap corner = new(4, 4, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
        Assert.Equal(corner.Labels, UpperBound.Bilinear(corner, 2, V).Labels);
    }

    [Fact]
    public void Void_has_no_share_and_no_part_in_its_neighbours()
    {
        // The second cell has one pixel that counts, the third none.
        LabelMap truth = new(6, 1, [0, 0, V, 1, V, V]);
        ushort[] found = UpperBound.Bilinear(truth, 2, V).Labels;
        Assert.Equal([0, 0, 1, 1, 1, V], found);
    }

    [Fact]
    public void A_factor_of_one_gives_the_truth_and_nearest_does_where_cells_have_one_class()
    {
        LabelMap truth = Blocks(8, 6, 2, seed: 3);
        Assert.Equal(truth.Labels, UpperBound.Nearest(truth, 1).Labels);
        Assert.Equal(truth.Labels, UpperBound.Nearest(truth, 2).Labels);
        Assert.Equal(truth.Labels, UpperBound.Bilinear(truth, 1, V).Labels);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(64)]
    public void Bilinear_agrees_with_dense_shares_of_all_classes(int factor)
    {
        LabelMap truth = Blocks(37, 29, 5, seed: factor);
        truth.Row(3).Fill(V);
        LabelMap found = UpperBound.Bilinear(truth, factor, V);
        for (int y = 0; y < truth.Height; y++)
        {
            for (int x = 0; x < truth.Width; x++)
            {
                double[] scores = [.. Enumerable.Range(0, 4).Select(c => Score(truth, factor, c, x, y))];
                double best = scores.Max();
                if (scores.Count(s => best - s < 1e-9) == 1)
                {
                    Assert.Equal(Array.IndexOf(scores, best), found.Row(y)[x]);
                }
            }
        }
    }

    [Fact]
    public void Metrics_count_void_in_the_wrong_place_as_wrong_and_no_class_gets_it()
    {
        // Nearest at 2: the cells' middles are pixels 1, 3, so 1 1 and void void: pixel 2 is of class 0 and said to be void.
        OneImage data = new(new LabelMap(4, 1, [1, 1, 0, V]));
        ResolutionBound bound = Assert.Single(UpperBound.Run(data, [2], cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(2, bound.Factor);
        Assert.Equal(2, bound.Nearest.ClassIoU.Count);
        Assert.Equal([0, 1], bound.Nearest.ClassIoU);
        Assert.Equal((0.5, 2.0 / 3), (bound.Nearest.MeanIoU, bound.Nearest.PixelAccuracy));

        // Bilinear: both cells are of one class where they count.
        Assert.Equal((1.0, 1.0), (bound.Bilinear.MeanIoU, bound.Bilinear.PixelAccuracy));
    }

    [Fact]
    public void Factors_come_in_their_order_and_smaller_ones_bound_higher()
    {
        DrawnScenes scenes = new(3, 96, 80, seed: 2);
        List<int> told = [];
        IReadOnlyList<ResolutionBound> bounds = UpperBound.Run(scenes, [32, 4, 16], told.Add, TestContext.Current.CancellationToken);
        Assert.Equal([32, 4, 16], bounds.Select(b => b.Factor));
        Assert.Equal([1, 2, 3], told);
        Assert.True(bounds[1].Nearest.MeanIoU > bounds[2].Nearest.MeanIoU && bounds[2].Nearest.MeanIoU > bounds[0].Nearest.MeanIoU);
        Assert.True(bounds[1].Bilinear.MeanIoU > bounds[2].Bilinear.MeanIoU && bounds[2].Bilinear.MeanIoU > bounds[0].Bilinear.MeanIoU);
    }

    /// <summary>Why the paper's 98.5 at factor 4 look like nearest neighbour: in VOC's bands of void the errors of other ways do not count.</summary>
    [Fact]
    public void A_band_of_void_around_objects_hides_what_shares_get_wrong_but_not_nearest()
    {
        ResolutionBound bound = Assert.Single(UpperBound.Run(new Banded(), [4], cancellation: TestContext.Current.CancellationToken));
        Assert.True(bound.Bilinear.MeanIoU > 0.995, $"bilinear {bound.Bilinear.MeanIoU}");
        Assert.True(bound.Nearest.MeanIoU < 0.98, $"nearest {bound.Nearest.MeanIoU}");
    }

    [Fact]
    public void A_cancelled_run_stops()
    {
        using CancellationTokenSource stop = new();
        int images = 0;
        void Stop(int done)
        {
            images = done;
            stop.Cancel();
        }

        Assert.ThrowsAny<OperationCanceledException>(() => UpperBound.Run(new DrawnScenes(50, 32, 32, seed: 2), [4], Stop, stop.Token));
        Assert.Equal(1, images);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    [InlineData(40000)]
    public void Factors_out_of_range_are_refused(int factor)
    {
        LabelMap truth = new(4, 4);
        foreach (Action action in (Action[])[() => UpperBound.Nearest(truth, factor), () => UpperBound.Bilinear(truth, factor, V), () => UpperBound.Run(new OneImage(truth), [8, factor], cancellation: TestContext.Current.CancellationToken)])
        {
            Assert.Contains($"from 1 to 32768, found {factor}", Assert.Throws<FcnSharpException>(action).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void So_many_classes_that_their_matrices_would_fill_the_memory_are_refused()
    {
        OneImage data = new(new LabelMap(2, 2)) { Classes = [.. Enumerable.Range(0, 2000).Select(i => new ClassInfo($"c{i}", 0, 0, 0))] };
        Assert.Contains("up to 1024 classes, found 2000", Assert.Throws<FcnSharpException>(() => UpperBound.Run(data, [4], cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    /// <summary>The figures that NumPy gave for the same two definitions.</summary>
    [Fact]
    public void CamVid_has_the_bounds_that_NumPy_computed()
    {
        FolderDataset val = FolderDataset.Open(SharedData.PathOrSkip("data/camvid"), DatasetSplit.Val);
        IReadOnlyList<ResolutionBound> bounds = UpperBound.Run(val, [128, 32, 4], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([0.30072, 0.57092, 0.87701], bounds.Select(b => Math.Round(b.Nearest.MeanIoU, 5)));
        Assert.Equal([0.33321, 0.63060, 0.93307], bounds.Select(b => Math.Round(b.Bilinear.MeanIoU, 5)));
    }

    /// <summary>A class's interpolated share at a pixel, from the definition: sums over the four cells around it.</summary>
    private static double Score(LabelMap truth, int factor, int label, int x, int y)
    {
        double Share(int row, int column)
        {
            var pixels = from r in Enumerable.Range(row * factor, factor)
                         from c in Enumerable.Range(column * factor, factor)
                         where r < truth.Height && c < truth.Width && truth.Row(r)[c] != V
                         select truth.Row(r)[c];
            ushort[] valid = [.. pixels];
            return valid.Length == 0 ? 0 : valid.Count(l => l == label) / (double)valid.Length;
        }

        double Weight(int cell, int cells, int pixel)
        {
            double centre = (cell + 0.5) * factor;
            double at = Math.Clamp(pixel + 0.5, 0.5 * factor, (cells - 0.5) * factor);
            return Math.Max(0, 1 - Math.Abs(at - centre) / factor);
        }

        (int rows, int columns) = ((truth.Height + factor - 1) / factor, (truth.Width + factor - 1) / factor);
        return Enumerable.Range(0, rows).Sum(r => Enumerable.Range(0, columns).Sum(c =>
        {
            double weight = Weight(r, rows, y) * Weight(c, columns, x);
            return weight == 0 ? 0 : weight * Share(r, c);
        }));
    }

    /// <summary>Squares of random classes 0 to 3.</summary>
    private static LabelMap Blocks(int width, int height, int side, int seed)
    {
        Random random = new(seed);
        ushort[] classes = [.. Enumerable.Range(0, 1000).Select(_ => (ushort)random.Next(4))];
        return new(width, height, [.. Enumerable.Range(0, width * height).Select(i => classes[(i / width / side * 31) + (i % width / side)])]);
    }

    /// <summary>Scenes with bands of void 5 pixels wide where classes meet.</summary>
    private sealed class Banded : ISegmentationDataset
    {
        private const int HalfBand = 2;
        private readonly DrawnScenes _scenes = new(6, 160, 120, seed: 5);

        public int Count => _scenes.Count;

        public IReadOnlyList<ClassInfo> Classes => _scenes.Classes;

        public int IgnoreIndex => V;

        public Sample Load(int index)
        {
            Sample sample = _scenes.Load(index);
            LabelMap labels = sample.Labels;
            ushort[] banded = [.. Enumerable.Range(0, labels.Labels.Length).Select(i => IsInside(labels, i % labels.Width, i / labels.Width) ? labels.Labels[i] : V)];
            return sample with { Labels = new(labels.Width, labels.Height, banded) };
        }

        private static bool IsInside(LabelMap labels, int x, int y)
        {
            for (int row = Math.Max(0, y - HalfBand); row <= Math.Min(labels.Height - 1, y + HalfBand); row++)
            {
                for (int column = Math.Max(0, x - HalfBand); column <= Math.Min(labels.Width - 1, x + HalfBand); column++)
                {
                    if (labels.Row(row)[column] != labels.Row(y)[x])
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    private sealed class OneImage(LabelMap labels) : ISegmentationDataset
    {
        public int Count => 1;

        public IReadOnlyList<ClassInfo> Classes { get; init; } = [new("zero", 0, 0, 0), new("one", 1, 1, 1)];

        public int IgnoreIndex => V;

        public Sample Load(int index) => new(new RgbImage(labels.Width, labels.Height), labels, "one");
    }
}
