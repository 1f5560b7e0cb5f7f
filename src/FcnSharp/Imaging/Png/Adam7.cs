namespace FcnSharp.Imaging;

/// <summary>The seven passes of an interlaced PNG: each is a picture of its own, of every so many-th pixel and row.</summary>
internal static class Adam7
{
    /// <summary>The passes in the order of the file.</summary>
    public static ReadOnlySpan<Pass> Passes => PassTable;

    private static readonly Pass[] PassTable =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>Puts the packed pixels of a pass's row at their places in the packed row of the whole picture.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="packed">The row of the pass.</param>
    /// <param name="pixels">How many pixels it has.</param>
    /// <param name="bitsPerPixel">1, 2, 4 or a multiple of 8.</param>
    /// <param name="row">The row of the picture; bits of its pixels that this pass holds must be zero so far.</param>
    public static void Scatter(Pass pass, ReadOnlySpan<byte> packed, int pixels, int bitsPerPixel, Span<byte> row)
    {
        if (bitsPerPixel < 8)
        {
            ScatterBits(pass, packed, pixels, bitsPerPixel, row);
            return;
        }

        int bytes = bitsPerPixel / 8;
        for (int i = 0; i < pixels; i++)
        {
            packed.Slice(i * bytes, bytes).CopyTo(row[((pass.X + (i * pass.StepX)) * bytes)..]);
        }
    }

    private static void ScatterBits(Pass pass, ReadOnlySpan<byte> packed, int pixels, int bits, Span<byte> row)
    {
        int mask = (1 << bits) - 1;
        for (int i = 0; i < pixels; i++)
        {
            // The first pixel stands in a byte's highest bits. 64-bit positions: a row may have 2^29 pixels of one bit.
            long from = (long)i * bits;
            int sample = (packed[(int)(from >> 3)] >> (8 - bits - (int)(from & 7))) & mask;
            long to = (pass.X + ((long)i * pass.StepX)) * bits;
            row[(int)(to >> 3)] |= (byte)(sample << (8 - bits - (int)(to & 7)));
        }
    }

    /// <summary>One pass: its first pixel and its steps.</summary>
    internal readonly record struct Pass(int X, int Y, int StepX, int StepY)
    {
        /// <summary>Pixels a row of the pass; 0 when the picture is too narrow for the pass.</summary>
        public int Width(int imageWidth) => Count(imageWidth, X, StepX);

        /// <summary>Rows of the pass; 0 when the picture is too low for the pass.</summary>
        public int Height(int imageHeight) => Count(imageHeight, Y, StepY);

        private static int Count(int size, int first, int step) => size <= first ? 0 : ((size - first - 1) / step) + 1;
    }
}
