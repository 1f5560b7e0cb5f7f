namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The rows of outputs in a block of positions: positions run on across rows and images, with gaps that are no output.
/// </summary>
internal unsafe ref struct GridRows
{
    private readonly Row* _rows;
    private int _count;

    /// <param name="memory">Room for <see cref="Bytes"/>.</param>
    public GridRows(byte* memory) => _rows = (Row*)memory;

    /// <summary>Bytes that the rows of a block can take at most: one a position.</summary>
    public static long Bytes(int positions) => (long)positions * sizeof(Row);

    /// <summary>Finds the rows of positions [first, first + count).</summary>
    public void Find(PlaneLayout layout, ConvolutionPhase phase, long first, int count)
    {
        _count = 0;
        long end = first + count;
        for (long position = first; position < end;)
        {
            long line = position / layout.Pitch;
            int x = (int)(position - line * layout.Pitch);
            int n = (int)(line / layout.RowsPerImage);
            int y = (int)(line - (long)n * layout.RowsPerImage);
            if (y < phase.GridHeight && x < phase.GridWidth)
            {
                int length = (int)Math.Min(end - position, phase.GridWidth - x);
                _rows[_count++] = new Row { Column = (int)(position - first), Length = length, N = n, Y = y, X = x };
            }

            position = (line + 1) * layout.Pitch;
        }
    }

    /// <summary>Writes a block of results [channels][ldc] to the output's pixels.</summary>
    public readonly void Scatter(ConvolutionPhase phase, float* block, nint ldc, int channels, float* output, Shape outputShape, int firstChannel)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            for (int r = 0; r < _count; r++)
            {
                ref readonly Row row = ref _rows[r];
                float* source = block + channel * ldc + row.Column;
                nint y = row.Y * (nint)phase.OutputStepY + phase.OutputOffsetY;
                nint x = row.X * (nint)phase.OutputStepX + phase.OutputOffsetX;
                float* target = output + (((nint)row.N * outputShape.C + firstChannel + channel) * outputShape.H + y) * outputShape.W + x;
                if (phase.OutputStepX == 1)
                {
                    new ReadOnlySpan<float>(source, row.Length).CopyTo(new Span<float>(target, row.Length));
                }
                else
                {
                    for (int i = 0; i < row.Length; i++)
                    {
                        target[i * (nint)phase.OutputStepX] = source[i];
                    }
                }
            }
        }
    }

    private struct Row
    {
        public int Column;
        public int Length;
        public int N;
        public int Y;
        public int X;
    }
}
