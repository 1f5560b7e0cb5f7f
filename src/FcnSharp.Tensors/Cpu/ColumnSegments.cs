using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// A block of grid pixels as columns of a matrix, cut into runs that lie in one row of one image and in one panel. Columns
/// run over batch, rows and columns together, so small maps of a batch share panels.
/// </summary>
internal unsafe ref struct ColumnSegments
{
    private readonly Segment* _segments;
    private readonly int _panelWidth;
    private int _count;

    /// <param name="memory">Room for <see cref="Bytes"/>.</param>
    /// <param name="panelWidth">Columns of a panel.</param>
    public ColumnSegments(byte* memory, int panelWidth)
    {
        _segments = (Segment*)memory;
        _panelWidth = panelWidth;
    }

    /// <summary>Bytes that the segments of a block can take at most: one a column.</summary>
    public static long Bytes(int columns) => (long)columns * sizeof(Segment);

    /// <summary>Cuts columns [first, first + columns) of the grid.</summary>
    public void Cut(ConvolutionPhase phase, long first, int columns)
    {
        _count = 0;
        long gridPlane = (long)phase.GridHeight * phase.GridWidth;
        int column = 0;
        while (column < columns)
        {
            long position = first + column;
            int x = (int)(position % phase.GridWidth);
            int length = Math.Min(Math.Min(columns - column, phase.GridWidth - x), _panelWidth - column % _panelWidth);
            _segments[_count++] = new Segment
            {
                Column = column,
                Length = length,
                N = (int)(position / gridPlane),
                Y = (int)(position % gridPlane / phase.GridWidth),
                X = x,
            };
            column += length;
        }
    }

    /// <summary>
    /// Packs rows [firstDepth, firstDepth + depth) of the patch matrix into panels [panel][depth][panelWidth]: row
    /// channel * taps + tap holds what that tap sees at each column, 0 outside of the image. Columns past the block's end are 0.
    /// </summary>
    public readonly void Pack(ConvolutionPhase phase, float* input, Shape inputShape, int firstChannel, int firstDepth, int depth, int columns, float* packed)
    {
        int tail = columns % _panelWidth;
        nint panelStride = (nint)depth * _panelWidth;
        for (int row = 0; row < depth; row++)
        {
            int channel = firstChannel + (firstDepth + row) / phase.Taps.Length;
            ConvolutionTap tap = phase.Taps[(firstDepth + row) % phase.Taps.Length];
            float* packedRow = packed + (nint)row * _panelWidth;
            for (int s = 0; s < _count; s++)
            {
                ref readonly Segment segment = ref _segments[s];
                float* target = packedRow + segment.Column / _panelWidth * panelStride + segment.Column % _panelWidth;
                int y = segment.Y * phase.InputStepY + tap.OffsetY;
                if ((uint)y >= (uint)inputShape.H)
                {
                    new Span<float>(target, segment.Length).Clear();
                    continue;
                }

                float* source = input + (((nint)segment.N * inputShape.C + channel) * inputShape.H + y) * inputShape.W;
                CopyRun(source, inputShape.W, segment.X * phase.InputStepX + tap.OffsetX, phase.InputStepX, segment.Length, target);
            }

            if (tail != 0)
            {
                new Span<float>(packedRow + columns / _panelWidth * panelStride + tail, _panelWidth - tail).Clear();
            }
        }
    }

    /// <summary>Writes a block of results [rows][ldc] to the output's pixels.</summary>
    public readonly void Scatter(ConvolutionPhase phase, float* block, nint ldc, int rows, float* output, Shape outputShape, int firstChannel)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int s = 0; s < _count; s++)
            {
                ref readonly Segment segment = ref _segments[s];
                float* source = block + row * ldc + segment.Column;
                nint y = segment.Y * phase.OutputStepY + phase.OutputOffsetY;
                nint x = segment.X * phase.OutputStepX + phase.OutputOffsetX;
                float* target = output + (((nint)segment.N * outputShape.C + firstChannel + row) * outputShape.H + y) * outputShape.W + x;
                if (phase.OutputStepX == 1)
                {
                    new ReadOnlySpan<float>(source, segment.Length).CopyTo(new Span<float>(target, segment.Length));
                }
                else
                {
                    for (int i = 0; i < segment.Length; i++)
                    {
                        target[i * phase.OutputStepX] = source[i];
                    }
                }
            }
        }
    }

    /// <summary>target[i] = source[x + i * step], 0 where that lies outside of [0, width).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyRun(float* source, int width, int x, int step, int length, float* target)
    {
        if (step == 1 && x >= 0 && x + length <= width)
        {
            new ReadOnlySpan<float>(source + x, length).CopyTo(new Span<float>(target, length));
            return;
        }

        for (int i = 0; i < length; i++)
        {
            int at = x + i * step;
            target[i] = (uint)at < (uint)width ? source[at] : 0;
        }
    }

    private struct Segment
    {
        public int Column;
        public int Length;
        public int N;
        public int Y;
        public int X;
    }
}
