using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Weight gradient of a 1x1 convolution of stride 1 on a small map, as a product of matrices whose result lies in memory as the gradient does: rows of a
/// tile are output channels, vectors run along the inputs, so that no sum is turned and each is added where it is. For a
/// sum of few pixels that is most of the work. One item is a tile of outputs by a run of inputs: all pixels of all images in their order,
/// so the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class MatrixWeightGradient : IKernel, IParallelJob
{
    /// <summary>Items below which runs of inputs are made shorter, so that all workers end together.</summary>
    private const int ItemsWanted = 32;

    /// <summary>Pairs of vectors between what is added to and what is asked for.</summary>
    private const int PairsAhead = 2;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue _gradOutput;
    private readonly ProgramValue _gradWeight;
    private readonly ChannelPlanes _inputs;
    private readonly PlaneWeights _gradients;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _images;
    private readonly int _pixels;
    private readonly int _pairs;
    private readonly int _parts;

    private float* _inputData;
    private float* _gradientData;
    private float* _target;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="operation">Whose weight gradient it is, of one group.</param>
    /// <param name="gradWeight">What is added to.</param>
    public MatrixWeightGradient(WorkerPool workers, BlockedKernels kernels, Conv2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _input, _gradOutput, _gradWeight) = (workers, kernels, operation.Input, operation.GradOutput, gradWeight);
        Shape gradient = _gradOutput.Shape;
        (_channels, _outputs, _images) = (_input.Shape.C, gradient.C, gradient.N);
        _pixels = checked(gradient.H * gradient.W);
        _pairs = (_channels + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        var layout = new PlaneLayout(_input.Shape, ConvolutionPhase.ToCoarse(operation.Parameters, gradient), overread: 0, allowDense: false);
        _inputs = new ChannelPlanes(workers, kernels, _input.Shape, 1, layout, unitVectors: 2);

        // The gradients of an image take the place of weights, its pixels that of their inputs.
        _gradients = new PlaneWeights(kernels, new Shape(checked(_images * _outputs), _pixels, 1, 1), _images, backward: false);
        _parts = Math.Clamp((ItemsWanted + Tiles - 1) / Tiles, 1, _pairs);
    }

    public long WorkspaceBytes => _inputs.Bytes + GradientBytes + TileBytes * _workers.Threads;

    private int Tiles => _gradients.Sizes.Count;

    private long GradientBytes => NativeBuffer.Align(_gradients.Elements * sizeof(float));

    private long TileBytes => NativeBuffer.Align(2L * _kernels.LargestTile * _kernels.Lanes * sizeof(float));

    public void Execute(KernelFrame frame)
    {
        _target = frame.Float(_gradWeight);
        _inputData = (float*)frame.Workspace;
        _inputs.Run(frame.Float(_input), _inputData);
        _gradientData = (float*)(frame.Workspace + _inputs.Bytes);
        _gradients.Pack(_workers, frame.Float(_gradOutput), _gradientData);
        _scratch = (byte*)_gradientData + GradientBytes;
        _workers.Run(this, checked(Tiles * _parts));
    }

    public void Run(int item, int worker)
    {
        int tile = item / _parts;
        int part = item % _parts;
        float* sums = (float*)(_scratch + worker * TileBytes);
        int pair = 2 * _kernels.Lanes;
        int rows = _gradients.Sizes[tile];
        int count = Math.Min(rows, _outputs - _gradients.FirstOutputs[tile]);
        float* target = _target + (nint)_gradients.FirstOutputs[tile] * _channels;
        for (int p = (int)((long)_pairs * part / _parts); p < (int)((long)_pairs * (part + 1) / _parts); p++)
        {
            int first = p * pair;
            int left = Math.Min(pair, _channels - first);
            _kernels.PrefetchRows(target + first + PairsAhead * pair, _channels, count, pair);
            if (rows == count && left == pair)
            {
                Add(tile, p, target + first, _channels, add: true);
                continue;
            }

            Add(tile, p, sums, pair, add: false);
            for (int i = 0; i < count * left; i++)
            {
                target[i / left * (nint)_channels + first + i % left] += sums[i / left * pair + i % left];
            }
        }
    }

    /// <summary>The products of a tile of outputs and a pair of vectors of inputs.</summary>
    private void Add(int tile, int pair, float* to, nint toRow, bool add)
    {
        for (int image = 0; image < _images; image++)
        {
            float* gradients = _gradientData + image * _gradients.GroupElements + tile * _gradients.OutputBlockElements;
            float* inputs = _inputData + pair * _inputs.UnitElements + (nint)image * _pixels * 2 * _kernels.Lanes;
            _kernels.PlaneRows[_gradients.Sizes[tile]](1, _pixels, gradients, _gradients.Width, inputs, to, toRow, null, add || image > 0);
        }
    }
}
