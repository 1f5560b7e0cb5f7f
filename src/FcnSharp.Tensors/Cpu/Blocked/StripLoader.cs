namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>Reads the pixels that a strip of tiles sees as vectors of channels, with zeros around the image.</summary>
/// <param name="kernels">The instruction set.</param>
/// <param name="image">The images [N, C, H, W].</param>
/// <param name="stripRow">Floats between two rows of a strip; a row has room for a square more than its columns.</param>
internal sealed unsafe class StripLoader(BlockedKernels kernels, Shape image, nint stripRow)
{
    /// <summary>Reads [rows][columns] vectors.</summary>
    /// <param name="data">The images.</param>
    /// <param name="firstChannel">First channel of the group.</param>
    /// <param name="channels">Channels of the group.</param>
    /// <param name="block">Block of channels in the group.</param>
    /// <param name="n">Image of the batch.</param>
    /// <param name="top">First row; may lie outside.</param>
    /// <param name="left">First column; may lie outside.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="strip">Where they go.</param>
    public void Load(float* data, int firstChannel, int channels, int block, int n, int top, int left, int rows, int columns, float* strip)
    {
        int lanes = kernels.Lanes;
        int channel = block * lanes;
        int count = Math.Min(lanes, channels - channel);
        nint plane = (nint)image.H * image.W;
        float* planes = data + ((nint)n * image.C + firstChannel + channel) * plane;
        int skipped = Math.Clamp(-left, 0, columns);
        int inside = Math.Clamp(image.W - (left + skipped), 0, columns - skipped);
        for (int row = 0; row < rows; row++)
        {
            float* target = strip + row * stripRow;
            int y = top + row;
            if (y < 0 || y >= image.H || inside == 0)
            {
                new Span<float>(target, columns * lanes).Clear();
                continue;
            }

            kernels.FromPlanes(planes + (nint)y * image.W + left + skipped, plane, count, inside, target + skipped * lanes);
            new Span<float>(target, skipped * lanes).Clear();
            new Span<float>(target + (skipped + inside) * lanes, (columns - skipped - inside) * lanes).Clear();
        }
    }
}
