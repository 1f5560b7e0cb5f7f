using FcnSharp.Tensors;

namespace FcnSharp.Layers;

/// <summary>What a parameter holds before training. The numbers depend on the seed and the parameter's name only.</summary>
public abstract class Initializer
{
    /// <summary>All zeros: score layers, as in the reference.</summary>
    public static Initializer Zero { get; } = new ConstantInitializer(0);

    /// <summary>Normal with variance 2 / fan-in, for layers that a ReLU follows (He et al. 2015, "MSRA").</summary>
    public static Initializer Msra { get; } = new MsraInitializer();

    /// <summary>Uniform in +- sqrt(3 / fan-in) (Glorot and Bengio 2010, as Caffe scales it).</summary>
    public static Initializer Xavier { get; } = new XavierInitializer();

    /// <summary>Bilinear interpolation from each channel to itself (FCN, section 3.3).</summary>
    public static Initializer Bilinear { get; } = new BilinearInitializer();

    /// <summary>One value everywhere.</summary>
    public static Initializer Constant(float value) => new ConstantInitializer(value);

    /// <summary>Normal with mean 0.</summary>
    /// <param name="standardDeviation">Standard deviation, at least 0.</param>
    public static Initializer Gaussian(double standardDeviation) => standardDeviation >= 0 && double.IsFinite(standardDeviation)
        ? new GaussianInitializer(standardDeviation)
        : throw new FcnSharpException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The standard deviation of an initialiser must be at least 0, found {standardDeviation}."));

    /// <summary>Fills a parameter's tensor.</summary>
    /// <param name="tensor">The tensor to fill.</param>
    /// <param name="seed">Seed of the training run.</param>
    /// <param name="stream">Stream of random numbers of this parameter.</param>
    public abstract void Fill(Tensor tensor, ulong seed, ulong stream);

    /// <summary>Inputs of one output: the product of all dimensions but the first.</summary>
    protected static double FanIn(Shape shape) => (double)shape.ElementCount / shape[0];

    private static void FillNormal(Tensor tensor, ulong seed, ulong stream, double standardDeviation)
    {
        Span<float> data = tensor.Span;
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (float)(standardDeviation * CounterRandom.Normal(seed, stream, (ulong)i));
        }
    }

    private sealed class ConstantInitializer(float value) : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream) => tensor.Span.Fill(value);
    }

    private sealed class GaussianInitializer(double standardDeviation) : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream) => FillNormal(tensor, seed, stream, standardDeviation);
    }

    private sealed class MsraInitializer : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream) =>
            FillNormal(tensor, seed, stream, Math.Sqrt(2 / FanIn(tensor.Shape)));
    }

    private sealed class XavierInitializer : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream)
        {
            double bound = Math.Sqrt(3 / FanIn(tensor.Shape));
            Span<float> data = tensor.Span;
            for (int i = 0; i < data.Length; i++)
            {
                data[i] = (float)(bound * (2 * CounterRandom.Uniform(seed, stream, (ulong)i) - 1));
            }
        }
    }

    private sealed class BilinearInitializer : Initializer
    {
        public override void Fill(Tensor tensor, ulong seed, ulong stream)
        {
            Shape shape = tensor.Shape;
            if (shape.Rank != 4 || (shape.C != 1 && shape.C != shape.N))
            {
                throw new FcnSharpException($"a bilinear kernel needs as many output as input channels, or one group per channel, found the shape {shape}; use another initialiser.");
            }

            tensor.Span.Clear();

            // A full kernel [C, C, k, k] maps each channel to itself; a per-class kernel [C, 1, k, k] has nothing else.
            for (int i = 0; i < shape.N; i++)
            {
                int o = shape.C == 1 ? 0 : i;
                for (int y = 0; y < shape.H; y++)
                {
                    for (int x = 0; x < shape.W; x++)
                    {
                        tensor[i, o, y, x] = (float)(Tap(shape.H, y) * Tap(shape.W, x));
                    }
                }
            }
        }

        /// <summary>Weight of position x in a bilinear filter of size k: f = (k + 1) / 2 whole, centre f - 1 if k is odd, else f - 0.5.</summary>
        private static double Tap(int size, int x)
        {
            int factor = (size + 1) / 2;
            double centre = size % 2 == 1 ? factor - 1 : factor - 0.5;
            return 1 - Math.Abs(x - centre) / factor;
        }
    }
}
