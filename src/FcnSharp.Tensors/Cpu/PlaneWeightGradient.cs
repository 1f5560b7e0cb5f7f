using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Weight gradient of a 1x1 convolution to few channels, such as the scores of the classes: for each output and input channel the dot
/// product of two planes. Only the outputs' gradients are copied, to rows that end in zeros; of the input, which is larger by far, no
/// more than what is left of its planes behind whole vectors. One item is a block of input channels of all images, in their order, so
/// the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class PlaneWeightGradient : IKernel, IParallelJob
{
    /// <summary>Input channels of an item, at most.</summary>
    private const int MostChannels = 48;

    /// <summary>Items that keep several cores busy.</summary>
    private const int ItemsWanted = 16;

    /// <summary>Pixels multiplied at a time, so that the input's stay in the nearest cache for all outputs.</summary>
    private const int PixelBlock = 1024;

    private readonly WorkerPool _workers;
    private readonly KernelSet _kernels;
    private readonly Conv2dBackwardWeight _operation;
    private readonly ProgramValue _gradWeight;
    private readonly PadRows _pad;
    private readonly int _outputs;
    private readonly int _rows;
    private readonly int _channels;
    private readonly int _channelsPerItem;
    private readonly nint _plane;
    private readonly nint _rowElements;
    private readonly nint[] _offsets;
    private readonly nint[] _tailOffsets;

    private float* _input;
    private float* _gradients;
    private float* _target;
    private byte* _scratch;

    public PlaneWeightGradient(WorkerPool workers, KernelSet kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _operation, _gradWeight) = (workers, kernels, operation, gradWeight);
        Shape gradient = operation.GradOutput.Shape;
        (_outputs, _channels) = (gradient.C, operation.Input.Shape.C);
        _rows = (_outputs + KernelSet.DotRows - 1) / KernelSet.DotRows * KernelSet.DotRows;
        _plane = checked((nint)gradient.H * gradient.W);
        _rowElements = checked((_plane + kernels.Lanes - 1) / kernels.Lanes * kernels.Lanes);
        int columns = kernels.DotColumns;
        _channelsPerItem = Math.Clamp(_channels / ItemsWanted / columns * columns, columns, MostChannels / columns * columns);
        _offsets = [.. Enumerable.Range(0, _channelsPerItem).Select(c => c * _plane)];
        _tailOffsets = [.. Enumerable.Range(0, _channelsPerItem).Select(c => c * (nint)kernels.Lanes)];
        _pad = new PadRows(gradient.N, _outputs, _rows, _plane, _rowElements);
    }

    public long WorkspaceBytes => GradientBytes + WorkerBytes * _workers.Threads;

    private long GradientBytes => NativeBuffer.Align(checked((long)_operation.GradOutput.Shape.N * _rows * _rowElements * sizeof(float)));

    private long SumBytes => NativeBuffer.Align((long)_rows * _channelsPerItem * sizeof(float));

    private long WorkerBytes => SumBytes + NativeBuffer.Align((long)_channelsPerItem * _kernels.Lanes * sizeof(float));

    public void Execute(KernelFrame frame)
    {
        _input = frame.Float(_operation.Input);
        _target = frame.Float(_gradWeight);
        _gradients = (float*)frame.Workspace;
        _scratch = frame.Workspace + GradientBytes;
        _pad.Run(_workers, frame.Float(_operation.GradOutput), _gradients);
        _workers.Run(this, (_channels + _channelsPerItem - 1) / _channelsPerItem);
    }

    public void Run(int item, int worker)
    {
        int first = item * _channelsPerItem;
        int channels = Math.Min(_channelsPerItem, _channels - first);
        float* sums = (float*)(_scratch + worker * WorkerBytes);
        float* tail = (float*)((byte*)sums + SumBytes);
        new Span<float>(sums, _rows * _channelsPerItem).Clear();

        // Tiles may reach past the last channel: then all of it goes by the copy.
        int whole = channels / _kernels.DotColumns * _kernels.DotColumns;
        nint vectorPixels = _plane / _kernels.Lanes * _kernels.Lanes;
        for (int image = 0; image < _operation.Input.Shape.N; image++)
        {
            float* input = _input + ((nint)image * _channels + first) * _plane;
            float* gradients = _gradients + (nint)image * _rows * _rowElements;
            for (nint at = 0; at < vectorPixels; at += PixelBlock)
            {
                AddProducts((int)Math.Min(PixelBlock, vectorPixels - at), gradients + at, input + at, _offsets, 0, whole, sums);
            }

            for (nint at = 0; at < vectorPixels && whole < channels; at += _kernels.Lanes)
            {
                AddCopied(input + at, _kernels.Lanes, gradients + at, whole, channels, tail, sums);
            }

            if (vectorPixels < _plane)
            {
                AddCopied(input + vectorPixels, (int)(_plane - vectorPixels), gradients + vectorPixels, 0, channels, tail, sums);
            }
        }

        for (int row = 0; row < _outputs; row++)
        {
            float* target = _target + (nint)row * _channels + first;
            for (int c = 0; c < channels; c++)
            {
                target[c] += sums[row * _channelsPerItem + c];
            }
        }
    }

    /// <summary>Adds the products of at most a vector's pixels of some channels, which are copied to rows that end in zeros.</summary>
    private void AddCopied(float* input, int pixels, float* gradients, int firstChannel, int channels, float* copy, float* sums)
    {
        int lanes = _kernels.Lanes;
        int columns = (channels - firstChannel + _kernels.DotColumns - 1) / _kernels.DotColumns * _kernels.DotColumns;
        new Span<float>(copy, columns * lanes).Clear();
        for (int c = firstChannel; c < channels; c++)
        {
            new ReadOnlySpan<float>(input + c * _plane, pixels).CopyTo(new Span<float>(copy + (c - firstChannel) * lanes, pixels));
        }

        AddProducts(lanes, gradients, copy - (nint)firstChannel * lanes, _tailOffsets, firstChannel, firstChannel + columns, sums);
    }

    private void AddProducts(int pixels, float* gradients, float* input, nint[] offsets, int firstColumn, int lastColumn, float* sums)
    {
        nint* at = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(offsets));
        for (int column = firstColumn; column < lastColumn; column += _kernels.DotColumns)
        {
            for (int row = 0; row < _rows; row += KernelSet.DotRows)
            {
                _kernels.Dot(pixels / _kernels.Lanes, gradients + row * _rowElements, _rowElements, input, at + column, sums + row * _channelsPerItem + column, _channelsPerItem);
            }
        }
    }
}
