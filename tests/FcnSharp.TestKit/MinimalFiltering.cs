using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.TestKit;

/// <summary>
/// Minimal filtering F(m x m, r x r) in double precision, straight from its definition as an interpolation of polynomials: what
/// a bound of the fast kernels, and the effect of a wrong coefficient, are computed with. With t = m + r - 1 points, the last
/// of them infinity, a tile d of the input and a kernel g give A^T [(G g G^T) * (B^T d B)] A.
/// </summary>
public sealed class MinimalFiltering
{
    private static readonly double[] Points = [0, 1, -1, 2, -2, 0.5, -0.5];

    private MinimalFiltering(double[,] kernelMatrix, double[,] inputMatrix, double[,] backMatrix) =>
        (KernelMatrix, InputMatrix, BackMatrix) = (kernelMatrix, inputMatrix, backMatrix);

    /// <summary>G [t, r]: a kernel's polynomial at each point, over the product of the point's distances to the others.</summary>
    public double[,] KernelMatrix { get; }

    /// <summary>B^T [t, t]: coefficients of the polynomial that vanishes at all points but one.</summary>
    public double[,] InputMatrix { get; }

    /// <summary>A^T [m, t]: powers of the points.</summary>
    public double[,] BackMatrix { get; }

    private int Tile => InputMatrix.GetLength(0);

    private int Kernel => KernelMatrix.GetLength(1);

    private int Outputs => BackMatrix.GetLength(0);

    /// <summary>The transforms of m outputs and r coefficients a side; m + r is 5, 7 or 9 here.</summary>
    public static MinimalFiltering Of(int outputs, int kernel)
    {
        int tile = outputs + kernel - 1;
        double[] points = Points[..(tile - 1)];
        var kernelMatrix = new double[tile, kernel];
        var inputMatrix = new double[tile, tile];
        var backMatrix = new double[outputs, tile];
        for (int j = 0; j < points.Length; j++)
        {
            double[] others = [.. points.Where((_, i) => i != j)];
            double distances = others.Aggregate(1.0, (product, other) => product * (points[j] - other));
            double[] polynomial = Polynomial(others);
            for (int i = 0; i < tile; i++)
            {
                inputMatrix[j, i] = i < polynomial.Length ? polynomial[i] : 0;
            }

            for (int i = 0; i < Math.Max(kernel, outputs); i++)
            {
                double power = Math.Pow(points[j], i);
                if (i < kernel)
                {
                    kernelMatrix[j, i] = power / distances;
                }

                if (i < outputs)
                {
                    backMatrix[i, j] = power;
                }
            }
        }

        double[] all = Polynomial(points);
        for (int i = 0; i < tile; i++)
        {
            inputMatrix[tile - 1, i] = all[i];
        }

        kernelMatrix[tile - 1, kernel - 1] = 1;
        backMatrix[outputs - 1, tile - 1] = 1;
        return new MinimalFiltering(kernelMatrix, inputMatrix, backMatrix);
    }

    /// <summary>
    /// The same with the absolute values of all coefficients: of absolute data it gives the sum of the absolute values of all
    /// terms that pass through a result, which is what rounding errors are relative to.
    /// </summary>
    public MinimalFiltering Absolute() => new(Absolute(KernelMatrix), Absolute(InputMatrix), Absolute(BackMatrix));

    /// <summary>The output without bias.</summary>
    public double[] Forward(ConvolutionCase c, ConvolutionData data) =>
        Convolve(c.Input, data.Input, c.OutChannels, c.Output, (o, i, y, x) => data.Weight[o, i, y, x], c.Convolution!.PaddingHeight, c.Convolution.PaddingWidth, c.Groups);

    /// <summary>The gradient of the input.</summary>
    public double[] BackwardInput(ConvolutionCase c, ConvolutionData data)
    {
        Conv2dParameters p = c.Convolution!;
        int outputsPerGroup = c.OutChannels / c.Groups;
        int inputsPerGroup = c.Input.C / c.Groups;
        return Convolve(
            c.Output, data.GradOutput, c.Input.C, c.Input,
            (o, i, y, x) => data.Weight[o / inputsPerGroup * outputsPerGroup + i, o % inputsPerGroup, Kernel - 1 - y, Kernel - 1 - x],
            Kernel - 1 - p.PaddingHeight, Kernel - 1 - p.PaddingWidth, c.Groups);
    }

    /// <summary>The gradient of the weights: m is the edge of the kernel and r that of a tile of the output's gradient.</summary>
    public double[] BackwardWeight(ConvolutionCase c, ConvolutionData data)
    {
        Conv2dParameters p = c.Convolution!;
        int inputs = c.Input.C / c.Groups;
        int outputs = c.OutChannels / c.Groups;
        int points = Tile * Tile;
        var sums = new double[c.Groups * outputs * inputs * points];
        var d = new double[c.Input.C][];
        var g = new double[c.OutChannels][];
        for (int image = 0; image < c.Input.N; image++)
        {
            for (int top = 0; top < c.Output.H; top += Kernel)
            {
                for (int left = 0; left < c.Output.W; left += Kernel)
                {
                    for (int i = 0; i < d.Length; i++)
                    {
                        d[i] = Transformed(InputMatrix, Window(data.Input, image, i, top - p.PaddingHeight, left - p.PaddingWidth, Tile));
                    }

                    for (int o = 0; o < g.Length; o++)
                    {
                        g[o] = Transformed(KernelMatrix, Window(data.GradOutput, image, o, top, left, Kernel));
                    }

                    for (int o = 0; o < g.Length; o++)
                    {
                        for (int i = 0; i < inputs; i++)
                        {
                            AddProducts(g[o], d[o / outputs * inputs + i], sums.AsSpan((o * inputs + i) * points, points));
                        }
                    }
                }
            }
        }

        return [.. Enumerable.Range(0, c.OutChannels * inputs).SelectMany(k => Transformed(BackMatrix, sums[(k * points)..((k + 1) * points)]))];
    }

    private double[] Convolve(Shape from, Tensor input, int channels, Shape to, Func<int, int, int, int, double> weight, int paddingY, int paddingX, int groups)
    {
        int inputs = from.C / groups;
        int outputs = channels / groups;
        var g = new double[channels, inputs][];
        for (int o = 0; o < channels; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                var kernel = new double[Kernel * Kernel];
                for (int tap = 0; tap < kernel.Length; tap++)
                {
                    kernel[tap] = weight(o, i, tap / Kernel, tap % Kernel);
                }

                g[o, i] = Transformed(KernelMatrix, kernel);
            }
        }

        var result = new double[to.ElementCount];
        var d = new double[from.C][];
        var products = new double[Tile * Tile];
        for (int image = 0; image < to.N; image++)
        {
            for (int top = 0; top < to.H; top += Outputs)
            {
                for (int left = 0; left < to.W; left += Outputs)
                {
                    for (int i = 0; i < d.Length; i++)
                    {
                        d[i] = Transformed(InputMatrix, Window(input, image, i, top - paddingY, left - paddingX, Tile));
                    }

                    for (int o = 0; o < channels; o++)
                    {
                        Array.Clear(products);
                        for (int i = 0; i < inputs; i++)
                        {
                            AddProducts(g[o, i], d[o / outputs * inputs + i], products);
                        }

                        double[] tile = Transformed(BackMatrix, products);
                        for (int y = 0; y < Outputs && top + y < to.H; y++)
                        {
                            for (int x = 0; x < Outputs && left + x < to.W; x++)
                            {
                                result[((image * to.C + o) * to.H + top + y) * to.W + left + x] = tile[y * Outputs + x];
                            }
                        }
                    }
                }
            }
        }

        return result;
    }

    private static void AddProducts(double[] a, double[] b, Span<double> sums)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += a[i] * b[i];
        }
    }

    /// <summary>M s M^T of a square s.</summary>
    private static double[] Transformed(double[,] matrix, double[] square)
    {
        int to = matrix.GetLength(0);
        int from = matrix.GetLength(1);
        var columns = new double[to * from];
        var result = new double[to * to];
        for (int y = 0; y < to; y++)
        {
            for (int k = 0; k < from; k++)
            {
                for (int x = 0; matrix[y, k] != 0 && x < from; x++)
                {
                    columns[y * from + x] += matrix[y, k] * square[k * from + x];
                }
            }

            for (int x = 0; x < to; x++)
            {
                for (int k = 0; k < from; k++)
                {
                    result[y * to + x] += matrix[x, k] * columns[y * from + k];
                }
            }
        }

        return result;
    }

    /// <summary>A square of a plane, zeros around it.</summary>
    private static double[] Window(Tensor tensor, int image, int channel, int top, int left, int edge)
    {
        Shape shape = tensor.Shape;
        ReadOnlySpan<float> plane = tensor.Span.Slice((image * shape.C + channel) * shape.H * shape.W, shape.H * shape.W);
        var window = new double[edge * edge];
        for (int y = Math.Max(0, -top); y < edge && top + y < shape.H; y++)
        {
            for (int x = Math.Max(0, -left); x < edge && left + x < shape.W; x++)
            {
                window[y * edge + x] = plane[(top + y) * shape.W + left + x];
            }
        }

        return window;
    }

    /// <summary>Coefficients, the constant first, of the polynomial with these roots.</summary>
    private static double[] Polynomial(double[] roots)
    {
        double[] polynomial = [1];
        foreach (double root in roots)
        {
            var product = new double[polynomial.Length + 1];
            for (int i = 0; i < polynomial.Length; i++)
            {
                product[i + 1] += polynomial[i];
                product[i] -= root * polynomial[i];
            }

            polynomial = product;
        }

        return polynomial;
    }

    private static double[,] Absolute(double[,] matrix)
    {
        var result = (double[,])matrix.Clone();
        for (int i = 0; i < matrix.Length; i++)
        {
            result[i / matrix.GetLength(1), i % matrix.GetLength(1)] = Math.Abs(matrix[i / matrix.GetLength(1), i % matrix.GetLength(1)]);
        }

        return result;
    }
}
