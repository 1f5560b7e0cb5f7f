using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Data gradient of a 1x1 convolution to few channels, such as the scores of the classes: many channels get a sum of few products each,
/// so what counts is that neither they nor the weights are rearranged. Rows of a tile are input channels, whose weights lie side
/// by side; its vectors run along the pixels, as the planes of the result do. One item is a run of pixels of an image by a block of
/// channels, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class PlaneInputGradient : IKernel, IParallelJob
{
    /// <summary>Pixels of an item in vectors, at most: its gradients stay in the nearest cache.</summary>
    private const int VectorsPerItem = 16;

    /// <summary>Items below which the channels are divided.</summary>
    private const int ItemsWanted = 8;

    private readonly WorkerPool _workers;
    private readonly Blocked.BlockedKernels _kernels;
    private readonly Conv2dBackwardInput _operation;
    private readonly PadRows _copy;
    private readonly int _outputs;
    private readonly int _channels;
    private readonly nint _plane;
    private readonly int _pixelsPerItem;
    private readonly int _runs;
    private readonly int _channelsPerItem;
    private readonly int _blocks;
    private readonly int[] _split;
    private readonly int[] _lastSplit;

    private float* _gradient;
    private float* _weights;
    private float* _target;
    private byte* _scratch;

    public PlaneInputGradient(WorkerPool workers, KernelSet kernels, Conv2dBackwardInput operation)
    {
        (_workers, _kernels, _operation) = (workers, kernels.Blocked, operation);
        Shape gradient = operation.GradOutput.Shape;
        (_outputs, _channels) = (gradient.C, operation.GradInput.Shape.C);
        _plane = checked((nint)gradient.H * gradient.W);
        int lanes = kernels.Lanes;
        _pixelsPerItem = VectorsPerItem * lanes;
        _runs = checked((int)((_plane + _pixelsPerItem - 1) / _pixelsPerItem));
        long items = (long)_runs * gradient.N;
        int tiles = (_channels + _kernels.LargestTile - 1) / _kernels.LargestTile;
        int blocks = (int)Math.Clamp((ItemsWanted + items - 1) / items, 1, tiles);
        _channelsPerItem = (tiles + blocks - 1) / blocks * _kernels.LargestTile;
        _blocks = (_channels + _channelsPerItem - 1) / _channelsPerItem;
        _split = _kernels.Split(Math.Min(_channelsPerItem, _channels));
        _lastSplit = _kernels.Split(_channels - (_blocks - 1) * _channelsPerItem);
        _copy = new PadRows(1, _outputs, _outputs, _channels, WeightStride(lanes));
    }

    public long WorkspaceBytes => WeightBytes + WorkerBytes * _workers.Threads;

    private long WeightBytes => NativeBuffer.Align((long)_outputs * WeightStride(_kernels.Lanes) * sizeof(float));

    private long RunBytes => NativeBuffer.Align((long)_outputs * _pixelsPerItem * sizeof(float));

    private long WorkerBytes => RunBytes + NativeBuffer.Align(2L * _kernels.LargestTile * _kernels.Lanes * sizeof(float));

    public void Execute(KernelFrame frame)
    {
        _gradient = frame.Float(_operation.GradOutput);
        _target = frame.Float(_operation.GradInput);
        _weights = (float*)frame.Workspace;
        _scratch = frame.Workspace + WeightBytes;
        _copy.Run(_workers, frame.Float(_operation.Weight), _weights);
        _workers.Run(this, checked(_runs * _operation.GradOutput.Shape.N * _blocks));
    }

    public void Run(int item, int worker)
    {
        int block = item % _blocks;
        int run = item / _blocks % _runs;
        int image = item / _blocks / _runs;
        int lanes = _kernels.Lanes;
        nint first = (nint)run * _pixelsPerItem;
        int pixels = (int)Math.Min(_pixelsPerItem, _plane - first);
        int pairs = (pixels + 2 * lanes - 1) / (2 * lanes);
        float* gradients = (float*)(_scratch + worker * WorkerBytes);
        float* tile = (float*)((byte*)gradients + RunBytes);
        PackRun(image, first, pixels, gradients);

        nint stride = WeightStride(lanes);
        int channel = block * _channelsPerItem;
        foreach (int rows in block == _blocks - 1 ? _lastSplit : _split)
        {
            int count = Math.Min(rows, _channels - channel);
            float* target = _target + ((nint)image * _channels + channel) * _plane + first;
            for (int pair = 0; pair < pairs; pair++)
            {
                float* to = target + (nint)pair * 2 * lanes;
                int left = pixels - pair * 2 * lanes;
                bool whole = rows == count && left >= 2 * lanes;
                _kernels.PlaneRows[rows](1, _outputs, _weights + channel, 0, stride, gradients + (nint)pair * _outputs * 2 * lanes, whole ? to : tile, whole ? _plane : 2 * lanes, false);
                if (!whole)
                {
                    Store(tile, count, Math.Min(2 * lanes, left), to);
                }
            }

            channel += rows;
        }
    }

    /// <summary>Rows of a power of two apart would all want the same few places in the cache; tiles read a little past a row's end.</summary>
    private int WeightStride(int lanes) => checked((_channels + _kernels.LargestTile + lanes - 1) / lanes * lanes + lanes);

    /// <summary>Gradients of a run of pixels, [pair of vectors][class][pixel]; what is past the last pixel is 0.</summary>
    private void PackRun(int image, nint first, int pixels, float* target)
    {
        int pair = 2 * _kernels.Lanes;
        for (int c = 0; c < _outputs; c++)
        {
            float* source = _gradient + ((nint)image * _outputs + c) * _plane + first;
            for (int at = 0; at < pixels; at += pair)
            {
                int count = Math.Min(pair, pixels - at);
                var to = new Span<float>(target + (nint)at * _outputs + c * pair, pair);
                new ReadOnlySpan<float>(source + at, count).CopyTo(to);
                to[count..].Clear();
            }
        }
    }

    /// <summary>Writes some rows of a tile to their planes, and nothing past the last pixel.</summary>
    private void Store(float* tile, int rows, int pixels, float* target)
    {
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(tile + (nint)row * 2 * _kernels.Lanes, pixels).CopyTo(new Span<float>(target + row * _plane, pixels));
        }
    }
}
