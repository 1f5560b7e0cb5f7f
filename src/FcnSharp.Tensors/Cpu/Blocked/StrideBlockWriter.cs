using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Where the outputs of a transposed convolution's positions go: position (a, b) of a grid as fine as the input makes the s x s outputs from row
/// a * s - padding and column b * s - padding on. A vector holds outputs of one channel that lie side by side, of one row or of several.
/// </summary>
internal sealed unsafe class StrideBlockWriter
{
    private readonly Shape _output;
    private readonly int _lanes;
    private readonly int _stride;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private readonly int _segment;
    private readonly int _segmentRows;
    private float* _outputData;
    private float* _biasData;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="output">The result.</param>
    /// <param name="parameters">The convolution whose data gradient it is, of a stride that is a power of two.</param>
    public StrideBlockWriter(BlockedKernels kernels, Shape output, Conv2dParameters parameters)
    {
        (_output, _lanes, _stride, _paddingY, _paddingX) = (output, kernels.Lanes, parameters.StrideHeight, parameters.PaddingHeight, parameters.PaddingWidth);
        _segment = Math.Min(_stride, _lanes);
        _segmentRows = _lanes / _segment;
        GridHeight = (output.H - 1 + _paddingY) / _stride + 1;
        GridWidth = (output.W - 1 + _paddingX) / _stride + 1;
        int vectorsPerChannel = _stride * _stride / _lanes;
        Places = [.. Enumerable.Range(0, output.C * vectorsPerChannel).Select(v => (v / vectorsPerChannel, v % vectorsPerChannel * _lanes / _stride, v % vectorsPerChannel * _lanes % _stride))];
    }

    /// <summary>Rows of positions.</summary>
    public int GridHeight { get; }

    /// <summary>Positions of a row.</summary>
    public int GridWidth { get; }

    /// <summary>The channel, and the first row and column within a block, of each vector of a position's outputs.</summary>
    public (int Channel, int Y, int X)[] Places { get; }

    /// <summary>Sets where outputs go and what is added to them.</summary>
    public void Bind(float* output, float* bias)
    {
        _outputData = output;
        _biasData = bias;
    }

    /// <summary>
    /// Asks for the lines that <see cref="Write"/> will write of a vector of outputs, one pair of vectors ahead: outputs are larger than the caches, and
    /// stores wait for their lines one after the other.
    /// </summary>
    public void Prefetch(int image, int row, int first, int count, int vector)
    {
        (int channel, int firstY, int firstX) = Places[vector];
        int x = Math.Max(0, first * _stride + firstX - _paddingX);
        int end = Math.Min(_output.W, (first + count) * _stride + firstX - _paddingX);
        for (int r = 0; r < _segmentRows; r++)
        {
            int y = row * _stride + firstY + r - _paddingY;
            if (y < 0 || y >= _output.H)
            {
                continue;
            }

            float* target = _outputData + (((nint)image * _output.C + channel) * _output.H + y) * _output.W;
            for (int i = x; i < end; i += CacheShape.LineFloats)
            {
                Sse.Prefetch1(target + i);
            }
        }
    }

    /// <summary>Writes one vector of outputs of some positions.</summary>
    public void Write(int image, int row, int first, int count, int vector, float* products)
    {
        int lanes = _lanes;
        (int channel, int firstY, int firstX) = Places[vector];
        if (_biasData != null)
        {
            for (int i = 0; i < count * lanes; i++)
            {
                products[i] += _biasData[channel];
            }
        }

        nint plane = (nint)_output.H * _output.W;
        for (int r = 0; r < _segmentRows; r++)
        {
            int y = row * _stride + firstY + r - _paddingY;
            if (y < 0 || y >= _output.H)
            {
                continue;
            }

            int x = first * _stride + firstX - _paddingX;
            float* target = _outputData + ((nint)image * _output.C + channel) * plane + (nint)y * _output.W;
            float* source = products + r * _segment;
            int begin = 0;
            int end = count;
            if (x >= 0 && x + (count - 1) * _stride + _segment <= _output.W)
            {
                Copy(source, target + x, count);
                continue;
            }

            for (; begin < end && x + begin * _stride < 0; begin++)
            {
                CopyInside(source + begin * lanes, target, x + begin * _stride);
            }

            for (; begin < end && x + (end - 1) * _stride + _segment > _output.W; end--)
            {
                CopyInside(source + (end - 1) * lanes, target, x + (end - 1) * _stride);
            }

            Copy(source + begin * lanes, target + x + begin * _stride, end - begin);
        }
    }

    /// <summary>A segment that reaches over an end of the row.</summary>
    private void CopyInside(float* source, float* target, int x)
    {
        for (int i = Math.Max(0, -x); i < Math.Min(_segment, _output.W - x); i++)
        {
            target[x + i] = source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(float* source, float* target, int count)
    {
        int lanes = _lanes;
        int stride = _stride;
        switch (_segment)
        {
            case 16:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector512.Load(source).Store(target);
                }

                break;
            case 8:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector256.Load(source).Store(target);
                }

                break;
            default:
                for (; count > 0; count--, source += lanes, target += stride)
                {
                    Vector128.Load(source).Store(target);
                }

                break;
        }
    }
}
