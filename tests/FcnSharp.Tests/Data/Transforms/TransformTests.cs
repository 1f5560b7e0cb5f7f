using FcnSharp.Data;
using FcnSharp.Data.Transforms;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Transforms;

public sealed class TransformTests
{
    private const int Void = 255;

    public static TheoryData<string> Names => [.. Geometric.Keys, "colour"];

    private static Dictionary<string, ISampleTransform> Geometric { get; } = new()
    {
        ["mirror"] = new Mirror(1),
        ["scale up"] = new RandomScale(1.5, 1.9),
        ["scale down"] = new RandomScale(0.5, 0.8),
        ["crop"] = new RandomCrop(31, 22),
        ["pad"] = new RandomCrop(90, 70),
        ["pad and crop"] = new RandomCrop(90, 20),
        ["jitter"] = new Jitter(9),
        ["rotation"] = new Rotation(30),
    };

    /// <summary>The image is painted from the labels, so wherever the two part the colours tell.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Image_and_labels_move_together(string name)
    {
        ISampleTransform transform = Transform(name);
        Sample sample = Painted(64, 48);
        for (int index = 0; index < 5; index++)
        {
            Sample result = transform.Apply(sample, new(7, 0, index, Void));
            Assert.Equal((result.Image.Width, result.Image.Height), (result.Labels.Width, result.Labels.Height));
            int wrong = 0;
            for (int y = 0; y < result.Labels.Height; y++)
            {
                for (int x = 0; x < result.Labels.Width; x++)
                {
                    ushort label = result.Labels.Row(y)[x];
                    int value = result.Image.Row(y)[3 * x];
                    int expected = label == Void ? Canvas.Fill.R : 40 * label;
                    wrong += Math.Abs(value - expected) > (name == "colour" ? 80 : 20) ? 1 : 0;
                }
            }

            // Only the borders between areas may be mixed.
            Assert.True(wrong < 0.2 * result.Labels.Labels.Length, $"{wrong} of {result.Labels.Labels.Length} pixels");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_epoch_and_index_give_the_same_bytes_and_the_source_stays(string name)
    {
        ISampleTransform transform = Transform(name);
        Sample sample = TestImages.Scene(64, 48);
        (byte[] pixels, ushort[] labels) = ((byte[])sample.Image.Pixels.Clone(), (ushort[])sample.Labels.Labels.Clone());
        Sample first = transform.Apply(sample, new(7, 3, 2, Void));
        Sample again = transform.Apply(sample, new(7, 3, 2, Void));
        Assert.Equal(first.Image.Pixels, again.Image.Pixels);
        Assert.Equal(first.Labels.Labels, again.Labels.Labels);
        Assert.Equal(pixels, sample.Image.Pixels);
        Assert.Equal(labels, sample.Labels.Labels);
        if (name != "mirror")
        {
            Assert.All([new(8, 3, 2, Void), new(7, 4, 2, Void), new(7, 3, 1, Void)], (TransformContext other) => Assert.NotEqual(first.Image.Pixels, transform.Apply(sample, other).Image.Pixels));
        }
    }

    [Fact]
    public void Mirroring_is_exact_and_happens_half_of_the_time()
    {
        Sample sample = new(new RgbImage(3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]), new LabelMap(3, 1, [0, 1, 255]), "a");
        Sample mirrored = new Mirror(1).Apply(sample, default);
        Assert.Equal([7, 8, 9, 4, 5, 6, 1, 2, 3], mirrored.Image.Pixels);
        Assert.Equal([255, 1, 0], mirrored.Labels.Labels);
        Assert.Same(sample, new Mirror(0).Apply(sample, default));
        int count = Enumerable.Range(0, 1000).Count(i => new Mirror().Apply(sample, new(1, 0, i, Void)) != sample);
        Assert.InRange(count, 440, 560);
    }

    [Fact]
    public void Crops_reach_every_place_and_padding_is_void()
    {
        Sample sample = new(new RgbImage(3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]), new LabelMap(3, 1, [0, 1, 2]), "a");
        Assert.Equal(["0,1", "1,2"], Enumerable.Range(0, 50).Select(i => string.Join(',', new RandomCrop(2, 1).Apply(sample, new(1, 0, i, Void)).Labels.Labels)).Distinct().Order());
        Assert.Equal(["0,1,2,255", "255,0,1,2"], Enumerable.Range(0, 50).Select(i => string.Join(',', new RandomCrop(4, 1).Apply(sample, new(1, 0, i, Void)).Labels.Labels)).Distinct().Order());
        Assert.Equal(["0,1,2", "1,2,255", "255,0,1", "255,255,255"], Enumerable.Range(0, 200).Select(i => string.Join(',', new Jitter(1).Apply(sample, new(1, 0, i, Void)).Labels.Labels)).Distinct().Order());
    }

    [Fact]
    public void A_shift_beyond_the_picture_leaves_only_void()
    {
        Sample away = Canvas.Window(TestImages.Scene(20, 16), 30, -40, 5, 4, Void);
        Assert.All(away.Labels.Labels, label => Assert.Equal(Void, label));
        Assert.All(away.Image.Pixels.Chunk(3), pixel => Assert.Equal(Canvas.Fill, (pixel[0], pixel[1], pixel[2])));
    }

    [Fact]
    public void No_turn_changes_nothing_and_a_quarter_turn_is_exact()
    {
        Sample scene = TestImages.Scene(32, 32);
        Sample same = new Rotation(0).Apply(scene, new(1, 0, 0, Void));
        Assert.Equal(scene.Image.Pixels, same.Image.Pixels);
        Assert.Equal(scene.Labels.Labels, same.Labels.Labels);
    }

    [Fact]
    public void Colours_of_strength_0_stay_and_labels_always_do()
    {
        Sample scene = TestImages.Scene(32, 24);
        Assert.Equal(scene.Image.Pixels, new ColourJitter(0, 0, 0).Apply(scene, new(1, 0, 0, Void)).Image.Pixels);
        Sample changed = new ColourJitter(0.5, 0, 0).Apply(scene, new(1, 0, 0, Void));
        Assert.NotEqual(scene.Image.Pixels, changed.Image.Pixels);
        Assert.Same(scene.Labels, changed.Labels);
    }

    [Fact]
    public void Two_transforms_of_one_kind_draw_numbers_of_their_own()
    {
        Augmentation twice = new(1, [new Mirror(), new Mirror()]);
        Sample sample = TestImages.Scene(16, 16);
        int unchanged = Enumerable.Range(0, 200).Count(i => twice.Apply(sample, 0, i, Void).Image.Pixels.AsSpan().SequenceEqual(sample.Image.Pixels));
        Assert.InRange(unchanged, 70, 130);
    }

    [Fact]
    public void Scales_lie_between_their_bounds()
    {
        Sample sample = TestImages.Scene(40, 20);
        int[] widths = [.. Enumerable.Range(0, 300).Select(i => new RandomScale(0.5, 2).Apply(sample, new(1, 0, i, Void)).Image.Width)];
        Assert.InRange(widths.Min(), 20, 23);
        Assert.InRange(widths.Max(), 75, 80);
        Assert.InRange(widths.Count(width => width < 40), 110, 190);
    }

    private static ISampleTransform Transform(string name) => name == "colour" ? new ColourJitter() : Geometric[name];

    private static Sample Painted(int width, int height)
    {
        LabelMap labels = TestImages.Scene(width, height).Labels;
        RgbImage image = new(width, height);
        for (int i = 0; i < labels.Labels.Length; i++)
        {
            image.Pixels.AsSpan(3 * i, 3).Fill((byte)(40 * labels.Labels[i]));
        }

        return new(image, labels, "painted");
    }
}
