using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weight gradient of a 1x1 convolution of stride 1: sums over the pixels of products of inputs, read from their planes as they lie, and of the
/// outputs' gradients, which are turned to vectors of channels beforehand. One item is some tiles of inputs by two vectors of outputs: all
/// pixels of all images in their order, so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class PointwiseWeightGradient : IKernel, IParallelJob
{
    /// <summary>Tiles of an item, at most: those beside each other share lines of the weights, which then come to one worker and once.</summary>
    private const int MostTiles = 8;

    /// <summary>Items below which they are made smaller, so that all workers end together.</summary>
    private const int ItemsWanted = 32;

    /// <summary>Planes a page apart of which the nearest cache keeps a line each, at least.</summary>
    private const int WaysOfCache = 8;

    /// <summary>Pixels of such planes that are copied at a time.</summary>
    private const int CopiedPixels = 256;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue _gradOutput;
    private readonly ProgramValue _gradWeight;
    private readonly ChannelPlanes _gradients;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _images;
    private readonly int _pixels;
    private readonly int _rows;
    private readonly int _tiles;
    private readonly int _tilesPerItem;
    private readonly int _pairs;
    private readonly bool _isCopied;
    private readonly nint _panel;

    private float* _inputData;
    private float* _gradientData;
    private float* _target;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="operation">Whose weight gradient it is: one group, and no fewer inputs than a tile has rows.</param>
    /// <param name="gradWeight">What is added to.</param>
    public PointwiseWeightGradient(WorkerPool workers, BlockedKernels kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _input, _gradOutput, _gradWeight) = (workers, kernels, operation.Input, operation.GradOutput, gradWeight);
        Shape gradient = _gradOutput.Shape;
        (_channels, _outputs, _images) = (_input.Shape.C, gradient.C, gradient.N);
        _pixels = checked(gradient.H * gradient.W);
        _rows = kernels.LargestTile;
        _tiles = (_channels + _rows - 1) / _rows;
        int lanes = kernels.Lanes;
        _pairs = (_outputs + 2 * lanes - 1) / (2 * lanes);
        _tilesPerItem = (int)Math.Clamp((long)_pairs * _tiles / ItemsWanted, 1, MostTiles);
        int beside = _pixels % CacheShape.PageFloats;
        _isCopied = _rows > WaysOfCache && _pixels >= CacheShape.PageFloats / 2 && Math.Min(beside, CacheShape.PageFloats - beside) < CacheShape.LineFloats;

        // Whole squares of sums are turned back, in the last tile from the first of its own rows on.
        int skipped = _tiles * _rows - _channels;
        _panel = (skipped + (nint)(_rows + lanes - 1) / lanes * lanes) * lanes;
        var layout = new PlaneLayout(gradient, ConvolutionPhase.ToCoarse(operation.Parameters, gradient), overread: 0, allowDense: false);
        _gradients = new ChannelPlanes(workers, kernels, gradient, 1, layout, unitVectors: 2);
    }

    public long WorkspaceBytes => _gradients.Bytes + WorkerBytes * _workers.Threads;

    private static nint CopiedRow => CopiedPixels + CacheShape.LineFloats;

    private long SumBytes => NativeBuffer.Align(2 * _panel * sizeof(float));

    private long WorkerBytes => SumBytes + (_isCopied ? NativeBuffer.Align(_rows * CopiedRow * sizeof(float)) : 0);

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_input);
        _target = frame.Float(_gradWeight);
        _gradientData = (float*)frame.Workspace;
        _gradients.Run(frame.Float(_gradOutput), _gradientData);
        _scratch = frame.Workspace + _gradients.Bytes;
        _workers.Run(this, checked((_tiles + _tilesPerItem - 1) / _tilesPerItem * _pairs));
    }

    public void Run(int item, int worker)
    {
        int firstTile = item / _pairs * _tilesPerItem;
        float* sums = (float*)(_scratch + worker * WorkerBytes);
        for (int tile = firstTile; tile < Math.Min(_tiles, firstTile + _tilesPerItem); tile++)
        {
            AddTile(tile, item % _pairs, sums);
        }
    }

    /// <summary>Adds the gradients of a tile of inputs by two vectors of outputs.</summary>
    private void AddTile(int tile, int pair, float* sums)
    {
        int lanes = _kernels.Lanes;

        // The last tile holds whole rows, too: some of its inputs belong to the one before.
        int first = Math.Min(tile * _rows, _channels - _rows);
        int skipped = tile * _rows - first;
        int output = pair * 2 * lanes;
        int outputs = Math.Min(2 * lanes, _outputs - output);
        float* target = _target + (nint)output * _channels + first + skipped;
        _kernels.PrefetchRows(target, _channels, outputs, _rows - skipped);
        float* gradients = _gradientData + pair * _gradients.UnitElements;
        for (int image = 0; image < _images; image++)
        {
            float* planes = _inputData + ((nint)image * _channels + first) * _pixels;
            float* vectors = gradients + (nint)image * _pixels * 2 * lanes;
            if (_isCopied)
            {
                AddCopied(planes, vectors, sums, image > 0);
            }
            else
            {
                _kernels.PlaneSums(_pixels, planes, _pixels, vectors, sums, _panel, image > 0);
            }
        }

        _kernels.AddToRows(sums + skipped * lanes, _rows - skipped, Math.Min(lanes, outputs), target, _channels);
        if (outputs > lanes)
        {
            _kernels.AddToRows(sums + _panel + skipped * lanes, _rows - skipped, outputs - lanes, target + (nint)lanes * _channels, _channels);
        }
    }

    /// <summary>Copies pixels of planes that would push each other out of the nearest cache to rows that do not.</summary>
    private void AddCopied(float* planes, float* vectors, float* sums, bool add)
    {
        float* copy = (float*)((byte*)sums + SumBytes);
        for (int pixel = 0; pixel < _pixels; pixel += CopiedPixels)
        {
            int pixels = Math.Min(CopiedPixels, _pixels - pixel);
            for (int row = 0; row < _rows; row++)
            {
                new ReadOnlySpan<float>(planes + (nint)row * _pixels + pixel, pixels).CopyTo(new Span<float>(copy + row * CopiedRow, pixels));
            }

            _kernels.PlaneSums(pixels, copy, CopiedRow, vectors + (nint)pixel * 2 * _kernels.Lanes, sums, _panel, add || pixel > 0);
        }
    }
}
