using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.Tensors.Reference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>Softmax over the channels, its gradient, and the classification of pixels with confidence.</summary>
public sealed class SoftmaxTests
{
    /// <summary>Images, classes, height, width: around a vector, a run of pixels, and several runs with a tail.</summary>
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1 }, { 2, 21, 13, 9 }, { 3, 5, 1, 17 }, { 1, 2, 32, 64 }, { 2, 3, 45, 46 }, { 1, 300, 2, 3 },
        { 1, 4, 1, 15 }, { 1, 4, 1, 16 }, { 1, 4, 1, 33 }, { 1, 4, 1, 63 }, { 1, 4, 1, 64 }, { 1, 4, 1, 65 }, { 1, 4, 1, 70 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Probabilities_and_gradient_are_the_references_within_the_bound(int n, int classes, int height, int width)
    {
        Tensor scores = TestData.Normal(new Shape(n, classes, height, width), 301, scale: 3);
        Tensor gradient = TestData.Normal(scores.Shape, 302);
        using var reference = new ReferenceDevice();
        float[] expected = Forward(reference, scores, null);
        float[] expectedGradient = Backward(reference, expected, gradient, null);
        double spread = Spread(scores);
        long plane = (long)height * width;
        CpuDevices.ForEach((device, poison) => [Forward(device, scores, poison), Backward(device, expected, gradient, poison)], (kernels, actual) =>
        {
            TensorAssert.Within($"{kernels} p", scores.Shape, expected, actual[0], _ => Tolerances.Softmax(classes, spread, 1));
            TensorAssert.Within($"{kernels} gradient", scores.Shape, expectedGradient, actual[1], i =>
            {
                // p (g - dot): the dot's error, one subtraction and one product.
                long first = i / plane / classes * classes * plane + i % plane;
                double dot = Enumerable.Range(0, classes).Sum(c => Math.Abs((double)expected[first + c * plane] * gradient.Span[(int)(first + c * plane)]));
                return Tolerances.SumOfProducts(classes + 2, expected[i] * (Math.Abs(gradient.Span[i]) + dot));
            });
        });
    }

    [Fact]
    public void Equal_scores_share_and_hopeless_ones_get_nothing()
    {
        var scores = new Tensor(new Shape(1, 4, 1, 19));
        for (int i = 0; i < 19; i++)
        {
            // Classes 0 and 2 tie, 200 above the others.
            (scores.Span[i], scores.Span[19 + i], scores.Span[38 + i], scores.Span[57 + i]) = (100, -100, 100, -100);
        }

        foreach (float[] p in Everywhere(device => Forward(device, scores, null)))
        {
            Assert.All(p[..19], v => Assert.Equal(0.5f, v));
            Assert.All(p[38..57], v => Assert.Equal(0.5f, v));
            Assert.All(p[19..38], v => Assert.True(v < 1e-30f));
        }
    }

    [Theory]
    [InlineData(1e4f)]
    [InlineData(-1e4f)]
    [InlineData(1e30f)]
    [InlineData(100f)]
    [InlineData(float.NegativeInfinity)]
    public void Extreme_scores_give_finite_results_and_no_denormal_numbers(float extreme)
    {
        Tensor scores = TestData.Normal(new Shape(1, 4, 5, 7), 311);
        Tensor gradient = TestData.Normal(scores.Shape, 312, scale: 1e-20);
        for (int i = 0; i < 35; i += 2)
        {
            scores.Span[i % 4 * 35 + i] = extreme;
        }

        CpuDevices.ForEach(
            (device, poison) =>
            {
                float[] p = Forward(device, scores, poison);
                return [p, Backward(device, p, gradient, poison), Classify(device, scores, poison)[1]];
            },
            (_, actual) =>
            {
                Assert.All(actual[0], v => Assert.True(v >= 0 && v <= 1 && !float.IsSubnormal(v)));
                Assert.All(actual[1], v => Assert.True(float.IsFinite(v) && !float.IsSubnormal(v)));
                Assert.All(actual[2], v => Assert.True(v > 0.2f && v <= 1));
                for (int pixel = 0; pixel < 35; pixel++)
                {
                    Assert.Equal(1, Enumerable.Range(0, 4).Sum(c => (double)actual[0][c * 35 + pixel]), 1e-6);
                }
            });
    }

    [Fact]
    public void NaN_is_not_hidden()
    {
        foreach (int pixel in (int[])[0, 34])
        {
            foreach (int c in (int[])[0, 2])
            {
                Tensor scores = TestData.Normal(new Shape(1, 4, 5, 7), 313);
                scores.Span[c * 35 + pixel] = float.NaN;
                foreach (float[] p in Everywhere(device => Forward(device, scores, null)))
                {
                    Assert.All(Enumerable.Range(0, 4), k => Assert.True(float.IsNaN(p[k * 35 + pixel])));
                    Assert.False(float.IsNaN(p[17]));
                }

                foreach (float[] confidence in Everywhere(device => Classify(device, scores, null)[1]))
                {
                    Assert.True(float.IsNaN(confidence[pixel]));
                    Assert.False(float.IsNaN(confidence[17]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Classes_are_exactly_the_references_and_the_confidence_is_the_winners_probability(int n, int classes, int height, int width)
    {
        foreach (int limit in (int[])[1, 30])
        {
            Tensor scores = TestData.Integers(new Shape(n, classes, height, width), 321, limit);
            var shape = new Shape(n, 1, height, width);
            using var reference = new ReferenceDevice();
            float[][] expected = Classify(reference, scores, null);
            float[] probabilities = Forward(reference, scores, null);
            long plane = (long)height * width;
            for (int i = 0; i < expected[0].Length; i++)
            {
                Assert.Equal(probabilities[i / plane * classes * plane + (long)expected[0][i] * plane + i % plane], expected[1][i]);
            }

            CpuDevices.ForEach((device, poison) => Classify(device, scores, poison), (kernels, actual) =>
            {
                Assert.Equal(expected[0], actual[0]);
                TensorAssert.Within(kernels, shape, expected[1], actual[1], _ => Tolerances.Softmax(classes, 2 * limit, 1));
            });
        }
    }

    [Fact]
    public void The_first_of_equals_wins_also_beyond_the_last_vector()
    {
        var scores = new Tensor(new Shape(1, 4, 1, 19));
        for (int i = 0; i < 19; i++)
        {
            (scores.Span[i], scores.Span[19 + i], scores.Span[38 + i], scores.Span[57 + i]) = (-300, 200, -100, 200);
        }

        CpuDevices.ForEach((device, poison) => Classify(device, scores, poison), (_, actual) =>
        {
            Assert.All(actual[0], c => Assert.Equal(1, c));
            Assert.All(actual[1], p => Assert.Equal(0.5f, p));
        });
    }

    private static List<float[]> Everywhere(Func<IDevice, float[]> run)
    {
        using var reference = new ReferenceDevice();
        List<float[]> all = [run(reference)];
        CpuDevices.ForEach((device, _) => [run(device)], (_, actual) => all.Add(actual[0]));
        return all;
    }

    private static double Spread(Tensor scores) => scores.Span.ToArray().Max() - scores.Span.ToArray().Min();

    /// <summary>In place: of a copy, which is no input of the program.</summary>
    private static float[] Forward(IDevice device, Tensor scores, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue copy = bench.Intermediate(scores.Shape);
        ProgramValue p = bench.Output(scores.Shape);
        bench.Add(new SumForward("copy", [bench.Input(scores)], copy));
        bench.Add(new SoftmaxForward("softmax", copy, p));
        bench.Run(prepare: prepare);
        return bench.Floats(p);
    }

    private static float[] Backward(IDevice device, float[] probabilities, Tensor gradient, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        ProgramValue copy = bench.Intermediate(gradient.Shape);
        ProgramValue output = bench.Output(gradient.Shape);
        bench.Add(new SumForward("copy", [bench.Input(gradient)], copy));
        bench.Add(new SoftmaxBackward("softmax", copy, bench.Input(new Tensor(gradient.Shape, probabilities)), output));
        bench.Run(prepare: prepare);
        return bench.Floats(output);
    }

    private static float[][] Classify(IDevice device, Tensor scores, Action<IDevicePlan>? prepare)
    {
        using var bench = new OperationBench(device);
        var shape = new Shape(scores.Shape.N, 1, scores.Shape.H, scores.Shape.W);
        ProgramValue classes = bench.Output(shape, ElementType.Int32);
        ProgramValue confidence = bench.Output(shape);
        bench.Add(new ClassifyPixelsForward("classify", bench.Input(scores), classes, confidence));
        bench.Run(prepare: prepare);
        return [[.. bench.Integers(classes).Select(c => (float)c)], bench.Floats(confidence)];
    }
}
