using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// A regular grid of output pixels that all see the input through the same kernel taps:
/// output[q * OutputStep + OutputOffset] = sum over taps of weight[tap] * input[q * InputStep + tap.Offset].
/// A convolution is one phase; a transposed convolution of stride s is s * s of them, each with the taps that fall on it, so
/// no product with an inserted zero is ever computed.
/// </summary>
/// <param name="GridHeight">Rows of the grid.</param>
/// <param name="GridWidth">Columns of the grid.</param>
/// <param name="OutputOffsetY">Row of the first output.</param>
/// <param name="OutputOffsetX">Column of the first output.</param>
/// <param name="OutputStepY">Rows between outputs.</param>
/// <param name="OutputStepX">Columns between outputs.</param>
/// <param name="InputStepY">Input rows between two grid rows.</param>
/// <param name="InputStepX">Input columns between two grid columns.</param>
/// <param name="Taps">The kernel taps that contribute.</param>
internal sealed record ConvolutionPhase(
    int GridHeight,
    int GridWidth,
    int OutputOffsetY,
    int OutputOffsetX,
    int OutputStepY,
    int OutputStepX,
    int InputStepY,
    int InputStepX,
    ConvolutionTap[] Taps)
{
    /// <summary>The one phase of a convolution from its input ("fine") to its output ("coarse").</summary>
    public static ConvolutionPhase[] ToCoarse(Conv2dParameters p, Shape coarse)
    {
        var taps = new List<ConvolutionTap>();
        for (int ky = 0; ky < p.KernelHeight; ky++)
        {
            for (int kx = 0; kx < p.KernelWidth; kx++)
            {
                taps.Add(new ConvolutionTap(ky * p.KernelWidth + kx, ky * p.DilationHeight - p.PaddingHeight, kx * p.DilationWidth - p.PaddingWidth));
            }
        }

        return [new ConvolutionPhase(coarse.H, coarse.W, 0, 0, 1, 1, p.StrideHeight, p.StrideWidth, [.. taps])];
    }

    /// <summary>The stride * stride phases of the way back, from "coarse" to "fine".</summary>
    public static ConvolutionPhase[] ToFine(Conv2dParameters p, Shape fine)
    {
        var phases = new List<ConvolutionPhase>();
        for (int py = 0; py < Math.Min(p.StrideHeight, fine.H); py++)
        {
            for (int px = 0; px < Math.Min(p.StrideWidth, fine.W); px++)
            {
                var taps = new List<ConvolutionTap>();
                for (int ky = 0; ky < p.KernelHeight; ky++)
                {
                    int y = py + p.PaddingHeight - ky * p.DilationHeight;
                    for (int kx = 0; kx < p.KernelWidth && y % p.StrideHeight == 0; kx++)
                    {
                        int x = px + p.PaddingWidth - kx * p.DilationWidth;
                        if (x % p.StrideWidth == 0)
                        {
                            taps.Add(new ConvolutionTap(ky * p.KernelWidth + kx, y / p.StrideHeight, x / p.StrideWidth));
                        }
                    }
                }

                // Written so that no stride overflows.
                int gridHeight = (fine.H - py - 1) / p.StrideHeight + 1;
                int gridWidth = (fine.W - px - 1) / p.StrideWidth + 1;
                phases.Add(new ConvolutionPhase(gridHeight, gridWidth, py, px, p.StrideHeight, p.StrideWidth, 1, 1, [.. taps]));
            }
        }

        return [.. phases];
    }
}

/// <summary>One tap of a kernel.</summary>
/// <param name="KernelIndex">ky * kW + kx in the weights.</param>
/// <param name="OffsetY">Input row it reads for grid row 0; may lie outside.</param>
/// <param name="OffsetX">Input column it reads for grid column 0; may lie outside.</param>
internal readonly record struct ConvolutionTap(int KernelIndex, int OffsetY, int OffsetX);
