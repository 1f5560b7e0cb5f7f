using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Images of three or four channels as rows of pixels, the channels of a pixel side by side, [image][row][column][channel], with the zeros
/// that a convolution's padding adds: what the taps of a kernel's row see is then one run.
/// </summary>
internal sealed unsafe class InterleavedImages : IParallelJob
{
    private readonly WorkerPool _workers;
    private readonly Shape _input;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private readonly int _rows;
    private readonly int _columns;
    private float* _source;
    private float* _target;

    public InterleavedImages(WorkerPool workers, Shape input, Conv2dParameters parameters)
    {
        (_workers, _input, _paddingY, _paddingX) = (workers, input, parameters.PaddingHeight, parameters.PaddingWidth);
        _rows = checked(input.H + 2 * _paddingY);
        _columns = checked(input.W + 2 * _paddingX);
    }

    /// <summary>Floats between two rows.</summary>
    public nint RowElements => (nint)_columns * _input.C;

    /// <summary>Floats between two images.</summary>
    public nint ImageElements => _rows * RowElements;

    // Tiles read up to a tile of pixels past the last one of the last row.
    public long Bytes => NativeBuffer.Align((checked(_input.N * (long)ImageElements) + 256) * sizeof(float));

    public void Run(float* source, float* target)
    {
        _source = source;
        _target = target;
        _workers.Run(this, checked(_input.N * _rows));
    }

    public void Run(int item, int worker)
    {
        float* target = _target + item * RowElements;
        int n = item / _rows;
        int y = item % _rows - _paddingY;
        if (y < 0 || y >= _input.H)
        {
            new Span<float>(target, (int)RowElements).Clear();
            return;
        }

        int channels = _input.C;
        int edge = _paddingX * channels;
        new Span<float>(target, edge).Clear();
        new Span<float>(target + RowElements - edge, edge).Clear();
        nint plane = (nint)_input.H * _input.W;
        float* row = _source + (nint)n * channels * plane + (nint)y * _input.W;
        target += edge;
        if (channels == 3)
        {
            Interleave3(row, row + plane, row + 2 * plane, _input.W, target);
        }
        else
        {
            Interleave4(row, row + plane, row + 2 * plane, row + 3 * plane, _input.W, target);
        }
    }

    private static void Interleave3(float* red, float* green, float* blue, int columns, float* target)
    {
        for (int x = 0; x < columns; x++)
        {
            target[0] = red[x];
            target[1] = green[x];
            target[2] = blue[x];
            target += 3;
        }
    }

    private static void Interleave4(float* first, float* second, float* third, float* fourth, int columns, float* target)
    {
        for (int x = 0; x < columns; x++)
        {
            target[0] = first[x];
            target[1] = second[x];
            target[2] = third[x];
            target[3] = fourth[x];
            target += 4;
        }
    }
}
