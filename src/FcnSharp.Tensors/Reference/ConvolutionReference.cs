using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Reference;

/// <summary>
/// Convolution by its definition: seven loops, sums in double precision. The transposed convolution is the same relation
/// between pixels, weights and pixels read in another direction, so all six passes visit the same triples.
/// </summary>
internal static unsafe class ConvolutionReference
{
    /// <summary>What to do with one triple: coarse is the convolution's output side, fine its input side.</summary>
    public delegate void Visit(long coarse, long weight, long fine);

    /// <summary>
    /// Visits every (coarse pixel, weight, fine pixel) that a convolution joins, in a fixed order: coarse pixels outermost.
    /// </summary>
    /// <param name="p">The convolution's geometry.</param>
    /// <param name="fine">Shape of its input [N, C_in, H, W].</param>
    /// <param name="coarse">Shape of its output [N, C_out, H', W'].</param>
    /// <param name="visit">Called with flat indices.</param>
    public static void ForEachTriple(Conv2dParameters p, Shape fine, Shape coarse, Visit visit)
    {
        int fineChannels = fine.C / p.Groups;
        int coarseChannels = coarse.C / p.Groups;
        for (int n = 0; n < coarse.N; n++)
        {
            for (int o = 0; o < coarse.C; o++)
            {
                int firstFine = o / coarseChannels * fineChannels;
                for (int y = 0; y < coarse.H; y++)
                {
                    for (int x = 0; x < coarse.W; x++)
                    {
                        long coarseIndex = (((long)n * coarse.C + o) * coarse.H + y) * coarse.W + x;
                        for (int i = 0; i < fineChannels; i++)
                        {
                            for (int ky = 0; ky < p.KernelHeight; ky++)
                            {
                                long fy = (long)y * p.StrideHeight - p.PaddingHeight + (long)ky * p.DilationHeight;
                                if (fy < 0 || fy >= fine.H)
                                {
                                    continue;
                                }

                                for (int kx = 0; kx < p.KernelWidth; kx++)
                                {
                                    long fx = (long)x * p.StrideWidth - p.PaddingWidth + (long)kx * p.DilationWidth;
                                    if (fx >= 0 && fx < fine.W)
                                    {
                                        long weight = (((long)o * fineChannels + i) * p.KernelHeight + ky) * p.KernelWidth + kx;
                                        visit(coarseIndex, weight, (((long)n * fine.C + firstFine + i) * fine.H + fy) * fine.W + fx);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>From fine to coarse: Conv2d forward, and the data gradient of ConvTranspose2d.</summary>
    public static void ToCoarse(Conv2dParameters p, Shape fineShape, Shape coarseShape, float* fine, float* weight, float* bias, float* coarse)
    {
        var sums = new double[coarseShape.ElementCount];
        ForEachTriple(p, fineShape, coarseShape, (c, w, f) => sums[c] += (double)weight[w] * fine[f]);
        Store(sums, coarseShape, bias, coarse);
    }

    /// <summary>From coarse to fine: the data gradient of Conv2d, and ConvTranspose2d forward.</summary>
    public static void ToFine(Conv2dParameters p, Shape fineShape, Shape coarseShape, float* coarse, float* weight, float* bias, float* fine)
    {
        var sums = new double[fineShape.ElementCount];
        ForEachTriple(p, fineShape, coarseShape, (c, w, f) => sums[f] += (double)weight[w] * coarse[c]);
        Store(sums, fineShape, bias, fine);
    }

    /// <summary>Adds the weight gradient of either.</summary>
    public static void AddWeightGradient(Conv2dParameters p, Shape fineShape, Shape coarseShape, Shape weightShape, float* coarse, float* fine, float* gradWeight)
    {
        var sums = new double[weightShape.ElementCount];
        ForEachTriple(p, fineShape, coarseShape, (c, w, f) => sums[w] += (double)coarse[c] * fine[f]);
        for (long i = 0; i < sums.LongLength; i++)
        {
            gradWeight[i] += (float)sums[i];
        }
    }

    /// <summary>Adds the sum over batch and pixels of each channel.</summary>
    public static void AddBiasGradient(Shape shape, float* gradOutput, float* gradBias)
    {
        long plane = (long)shape.H * shape.W;
        for (int c = 0; c < shape.C; c++)
        {
            double sum = 0;
            for (int n = 0; n < shape.N; n++)
            {
                for (long i = 0; i < plane; i++)
                {
                    sum += gradOutput[((long)n * shape.C + c) * plane + i];
                }
            }

            gradBias[c] += (float)sum;
        }
    }

    private static void Store(double[] sums, Shape shape, float* bias, float* output)
    {
        long plane = (long)shape.H * shape.W;
        for (long i = 0; i < sums.LongLength; i++)
        {
            output[i] = (float)(sums[i] + (bias == null ? 0 : bias[i / plane % shape.C]));
        }
    }
}
