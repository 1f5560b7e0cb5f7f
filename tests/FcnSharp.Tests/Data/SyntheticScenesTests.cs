using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FcnSharp.Data;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Data;

public sealed class SyntheticScenesTests
{
    [Fact]
    public void The_bytes_of_a_scene_never_change()
    {
        // Pinned: whoever changes it changes every published figure that was measured on these scenes.
        Sample scene = SyntheticScenes.Generate(128, 96, seed: 7, index: 3);
        Assert.Equal("81483c07b2ba7684f3b9f2342fe64b7bd36c62004b2c0491101f6046ab71bf4b", Hash(scene));
    }

    [Fact]
    public void A_scene_depends_on_seed_and_index_alone()
    {
        string scene = Hash(SyntheticScenes.Generate(48, 40, 1, 2));
        Assert.Equal(scene, Hash(SyntheticScenes.Generate(48, 40, 1, 2)));
        Assert.NotEqual(scene, Hash(SyntheticScenes.Generate(48, 40, 1, 3)));
        Assert.NotEqual(scene, Hash(SyntheticScenes.Generate(48, 40, 2, 2)));
        Assert.NotEqual(scene, Hash(SyntheticScenes.Generate(48, 40, -1, 2)));
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(97, 31)]
    [InlineData(16, 200)]
    public void Any_size_from_16_on_gives_image_and_labels_of_that_size(int width, int height)
    {
        Sample scene = SyntheticScenes.Generate(width, height, 5, 0);
        Assert.Equal((width, height), (scene.Image.Width, scene.Image.Height));
        Assert.Equal((width, height), (scene.Labels.Width, scene.Labels.Height));
        Assert.All(scene.Labels.Labels, label => Assert.InRange(label, 0, SceneClasses.All.Count - 1));
        Assert.Contains(scene.Labels.Labels, label => label != 0);
    }

    [Fact]
    public void A_scene_that_is_too_small_is_refused() =>
        Assert.Contains("16x16", Assert.Throws<FcnSharpException>(() => SyntheticScenes.Generate(15, 40, 1, 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_class_has_a_fair_share_and_the_background_does_not_drown_them()
    {
        double[] share = new double[SceneClasses.All.Count];
        const int Scenes = 100;
        for (int i = 0; i < Scenes; i++)
        {
            foreach (ushort label in SyntheticScenes.Generate(64, 64, 11, i).Labels.Labels)
            {
                share[label] += 1.0 / (Scenes * 64 * 64);
            }
        }

        Assert.InRange(share[0], 0.5, 0.8);
        Assert.All(share[1..], objects => Assert.InRange(objects, 0.03, 0.12));
    }

    [Fact]
    public void Image_edges_lie_where_labels_change()
    {
        // Neighbours across a label's border must differ far more than neighbours within one label.
        double across = 0, within = 0;
        int acrossCount = 0, withinCount = 0;
        for (int i = 0; i < 20; i++)
        {
            Sample scene = SyntheticScenes.Generate(128, 128, 3, i);
            for (int y = 0; y < 128; y++)
            {
                for (int x = 1; x < 127; x++)
                {
                    // One pixel further on each side: the edge itself is antialiased over two.
                    double step = Difference(scene, x - 1, x + 1, y);
                    if (scene.Labels.Row(y)[x - 1] != scene.Labels.Row(y)[x + 1])
                    {
                        across += step;
                        acrossCount++;
                    }
                    else
                    {
                        within += step;
                        withinCount++;
                    }
                }
            }
        }

        Assert.True(across / acrossCount > 4 * within / withinCount, $"across {across / acrossCount:F1}, within {within / withinCount:F1}");
    }

    [Fact]
    public void Colour_does_not_give_the_class_away()
    {
        // Means per class over many scenes: were colour tied to shape, they would lie far apart.
        double[,] sum = new double[SceneClasses.All.Count, 3];
        double[] count = new double[SceneClasses.All.Count];
        for (int i = 0; i < 400; i++)
        {
            Sample scene = SyntheticScenes.Generate(48, 48, 23, i);
            for (int p = 0; p < scene.Labels.Labels.Length; p++)
            {
                int label = scene.Labels.Labels[p];
                count[label]++;
                for (int c = 0; c < 3; c++)
                {
                    sum[label, c] += scene.Image.Pixels[(3 * p) + c];
                }
            }
        }

        for (int c = 0; c < 3; c++)
        {
            double[] means = [.. Enumerable.Range(1, 5).Select(label => sum[label, c] / count[label])];
            Assert.True(means.Max() - means.Min() < 16, string.Join(", ", means));
        }
    }

    private static double Difference(Sample scene, int x1, int x2, int y)
    {
        ReadOnlySpan<byte> row = scene.Image.Row(y);
        int sum = 0;
        for (int c = 0; c < 3; c++)
        {
            sum += Math.Abs(row[(3 * x1) + c] - row[(3 * x2) + c]);
        }

        return sum;
    }

    private static string Hash(Sample scene) => Convert.ToHexStringLower(
        SHA256.HashData([.. scene.Image.Pixels, .. MemoryMarshal.AsBytes(scene.Labels.Labels.AsSpan())]));
}
