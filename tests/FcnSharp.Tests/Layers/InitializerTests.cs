using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class InitializerTests
{
    /// <summary>Fan-in 8 * 5 * 5 = 200; 12800 numbers.</summary>
    private static readonly Shape Weight = new(64, 8, 5, 5);

    [Fact]
    public void Zero_and_constant_fill_with_one_number()
    {
        Assert.All(Fill(Initializer.Zero, Weight), v => Assert.Equal(0, v));
        Assert.All(Fill(Initializer.Constant(0.25f), new Shape(7)), v => Assert.Equal(0.25f, v));
    }

    [Fact]
    public void Gaussian_has_its_mean_and_deviation() => AssertNormal(Fill(Initializer.Gaussian(0.01), Weight), 0.01);

    [Fact]
    public void Msra_has_variance_2_over_the_fan_in() => AssertNormal(Fill(Initializer.Msra, Weight), Math.Sqrt(2.0 / 200));

    [Fact]
    public void Xavier_is_uniform_within_the_root_of_3_over_the_fan_in()
    {
        float[] values = Fill(Initializer.Xavier, Weight);
        double bound = Math.Sqrt(3.0 / 200);

        Assert.All(values, v => Assert.InRange(v, -bound, bound));
        Assert.InRange(values.Max(), 0.999 * bound, bound);
        Assert.InRange(values.Min(), -bound, -0.999 * bound);

        // The deviation of a uniform distribution is bound / sqrt 3; the mean of 12800 strays by 1/113 of it, five times that is allowed.
        double deviation = bound / Math.Sqrt(3);
        Assert.InRange(values.Average(), -5 * deviation / 113, 5 * deviation / 113);
        Assert.InRange(Deviation(values), 0.97 * deviation, 1.03 * deviation);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_deviation_that_is_none_is_refused(double deviation) => Assert.Throws<FcnSharpException>(() => Initializer.Gaussian(deviation));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(16)]
    public void Bilinear_is_the_formula_of_the_reference_for_odd_and_even_kernels(int k)
    {
        var tensor = new Tensor(new Shape(3, 3, k, k));

        Initializer.Bilinear.Fill(tensor, 1, 2);

        // FCN: f = (k + 1) / 2 whole, c = f - 1 if k is odd else f - 0.5, w = (1 - |x - c| / f)(1 - |y - c| / f); diagonal only.
        int f = (k + 1) / 2;
        double c = k % 2 == 1 ? f - 1 : f - 0.5;
        for (int i = 0; i < 3; i++)
        {
            for (int o = 0; o < 3; o++)
            {
                for (int y = 0; y < k; y++)
                {
                    for (int x = 0; x < k; x++)
                    {
                        double expected = i == o ? (1 - (Math.Abs(x - c) / f)) * (1 - (Math.Abs(y - c) / f)) : 0;
                        Assert.Equal((float)expected, tensor[i, o, y, x], 1e-7f);
                    }
                }
            }
        }
    }

    [Fact]
    public void Bilinear_by_hand() =>
        Assert.Equal([0.0625f, 0.1875f, 0.1875f, 0.0625f, 0.1875f, 0.5625f, 0.5625f, 0.1875f, 0.1875f, 0.5625f, 0.5625f, 0.1875f, 0.0625f, 0.1875f, 0.1875f, 0.0625f], Fill(Initializer.Bilinear, new Shape(1, 1, 4, 4)));

    [Fact]
    public void A_kernel_per_class_upsamples_like_the_full_one()
    {
        Tensor x = NetFixtures.Random(new Shape(2, 3, 4, 5), "x");
        float[] Upsampled(int groups)
        {
            using var device = NetFixtures.Device("cpu");
            using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", 3), 3, ConvTranspose2dParameters.Square(4, 2, 1, groups: groups)))), device);
            network.Initialize(1);
            return NetFixtures.Forward(network, "y", ("x", x)).Span.ToArray();
        }

        Assert.Equal(Upsampled(1), Upsampled(3));
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    public void A_bilinear_kernel_between_other_channels_names_the_net_and_the_parameter(int inChannels, int outChannels)
    {
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.ConvTranspose2d("up", g.Input("x", inChannels), outChannels, ConvTranspose2dParameters.Square(4, 2, 1)))), NetFixtures.Device("cpu"));

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => network.Initialize(1));

        Assert.Equal($"net, up.weight: a bilinear kernel needs as many output as input channels, or one group per channel, found the shape {inChannels}x{outChannels}x4x4; use another initialiser.", error.Message);
    }

    [Fact]
    public void A_bias_cannot_be_bilinear() => Assert.Throws<FcnSharpException>(() => Initializer.Bilinear.Fill(new Tensor(new Shape(4)), 1, 1));

    [Fact]
    public void The_numbers_of_a_layer_depend_on_the_seed_and_its_name_only()
    {
        NetGraph small = NetFixtures.Graph("small", g => g.Output("y", g.Conv2d("c", g.Input("x", 3), 4, Conv2dParameters.Square(3))));
        NetGraph large = NetFixtures.Graph("large", g => g.Output("y", g.Conv2d("d", g.Conv2d("c", g.Conv2d("b", g.Input("x", 1), 3, Conv2dParameters.Square(1)), 4, Conv2dParameters.Square(3)), 4, Conv2dParameters.Square(3))));

        Dictionary<string, float[]> a = Initialized(small, 7), b = Initialized(large, 7), other = Initialized(small, 8);

        Assert.Equal(a["c.weight"], b["c.weight"]);
        Assert.NotEqual(a["c.weight"], other["c.weight"]);
        Assert.NotEqual(b["c.weight"].Take(20), b["d.weight"].Take(20));
        Assert.Equal(a["c.weight"], Initialized(small, 7)["c.weight"]);
    }

    private static Dictionary<string, float[]> Initialized(NetGraph graph, ulong seed)
    {
        using var device = NetFixtures.Device("cpu");
        using var network = new Network(graph, device);
        network.Initialize(seed);
        return network.Save().ToDictionary(t => t.Key, t => t.Value.Span.ToArray());
    }

    private static float[] Fill(Initializer initializer, Shape shape)
    {
        var tensor = new Tensor(shape);
        tensor.Span.Fill(float.NaN);
        initializer.Fill(tensor, 1, 2);
        return tensor.Span.ToArray();
    }

    /// <summary>Mean, deviation, share within one deviation and largest of 12800 normal numbers, each with five times its standard error.</summary>
    private static void AssertNormal(float[] values, double deviation)
    {
        Assert.InRange(values.Average(), -5 * deviation / 113, 5 * deviation / 113);
        Assert.InRange(Deviation(values), 0.97 * deviation, 1.03 * deviation);
        Assert.InRange(values.Count(v => Math.Abs(v) < deviation) / (double)values.Length, 0.6827 - 0.021, 0.6827 + 0.021);
        Assert.InRange(values.Max(Math.Abs), 3.2 * deviation, 6 * deviation);
    }

    private static double Deviation(float[] values) => Math.Sqrt(values.Average(v => (double)v * v));
}
