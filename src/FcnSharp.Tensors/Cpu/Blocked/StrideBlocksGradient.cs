using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Data gradient of the transposed convolutions of <see cref="StrideBlocks"/>: a convolution whose stride is as large as its
/// kernel's half, of few channels. A row of the kernel lies side by side in the gradient's own planes, and neighbouring pixels
/// of the result see it a stride apart: the tile kernel reads the planes as they are.
/// </summary>
internal sealed unsafe class StrideBlocksBackwardInput : IKernel, IParallelJob
{
    private const int LargestVector = 16;
    private const int LargestTile = 14;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ConvTranspose2dBackwardInput _operation;
    private readonly Shape _result;
    private readonly int _channels;
    private readonly int _kernel;
    private readonly int _stride;
    private readonly int _blocks;
    private readonly int[] _split;
    private readonly nint[] _table;
    private readonly GradientPlanes _planes;
    private readonly PackJob _pack;

    private float* _gradient;
    private float* _weights;
    private float* _packed;
    private float* _target;

    public StrideBlocksBackwardInput(WorkerPool workers, BlockedKernels kernels, ConvTranspose2dBackwardInput operation)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        _result = operation.GradInput.Shape;
        _channels = operation.GradOutput.Shape.C;
        (_kernel, _stride) = (operation.Parameters.KernelHeight, operation.Parameters.StrideHeight);
        _blocks = (_result.C + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        _split = kernels.Split(_result.W);
        _planes = new GradientPlanes(workers, operation.Parameters.Convolution, operation.GradOutput.Shape, _result, LargestTile * _stride);
        _table = GC.AllocateArray<nint>(_channels * _kernel + 1, pinned: true);
        for (int i = 0; i < _channels * _kernel; i++)
        {
            _table[i] = i / _kernel * _planes.Plane + i % _kernel * _planes.Pitch;
        }

        _pack = new PackJob(this);
    }

    public long WorkspaceBytes => _planes.Bytes + NativeBuffer.Align(_blocks * BlockElements * sizeof(float));

    private nint BlockElements => (nint)_channels * _kernel * _kernel * 2 * _kernels.Lanes;

    public void Execute(KernelFrame frame)
    {
        _gradient = _planes.Run(frame.Float(_operation.GradOutput), (float*)frame.Workspace);
        _weights = frame.Float(_operation.Weight);
        _target = frame.Float(_operation.GradInput);
        _packed = (float*)(frame.Workspace + _planes.Bytes);
        _workers.Run(_pack, _blocks * _channels);
        _workers.Run(this, checked(_result.N * _result.H));
    }

    /// <summary>One item is a row of the result, all channels.</summary>
    public void Run(int item, int worker)
    {
        int lanes = _kernels.Lanes;
        int image = item / _result.H;
        int row = item % _result.H;
        nint plane = (nint)_result.H * _result.W;
        float* products = stackalloc float[2 * (LargestTile + LargestVector) * LargestVector];
        nint panel = (LargestTile + LargestVector) * lanes;
        nint* table = (nint*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_table));
        var tiles = _kernels.SpacedRows(_stride);
        for (int block = 0; block < _blocks; block++)
        {
            int first = 0;
            foreach (int rows in _split)
            {
                float* a = _gradient + (nint)image * _channels * _planes.Plane + (nint)row * _stride * _planes.Pitch + first * _stride;
                tiles[rows](_channels * _kernel, _kernel, a, (nint)table, 1, _packed + block * BlockElements, products, panel, false);
                int count = Math.Min(rows, _result.W - first);
                for (int half = 0; half < 2; half++)
                {
                    int channel = (block * 2 + half) * lanes;
                    if (channel < _result.C)
                    {
                        float* target = _target + ((nint)image * _result.C + channel) * plane + (nint)row * _result.W + first;
                        _kernels.ToPlanes(products + half * panel, count, Math.Min(lanes, _result.C - channel), target, plane);
                    }
                }

                first += rows;
            }
        }
    }

    /// <summary>Weights [C_in, C_out, k, k] as [two vectors of C_in][C_out][k][k][C_in]. One item a channel of the output.</summary>
    private sealed class PackJob(StrideBlocksBackwardInput owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            int width = 2 * owner._kernels.Lanes;
            int taps = owner._kernel * owner._kernel;
            int first = item / owner._channels * width;
            int output = item % owner._channels;
            float* target = owner._packed + (nint)item * taps * width;
            new Span<float>(target, taps * width).Clear();
            for (int lane = 0; lane < width && first + lane < owner._result.C; lane++)
            {
                float* source = owner._weights + ((nint)(first + lane) * owner._channels + output) * taps;
                for (int tap = 0; tap < taps; tap++)
                {
                    target[tap * width + lane] = source[tap];
                }
            }
        }
    }
}

/// <summary>
/// Weight gradient of the transposed convolutions of <see cref="StrideBlocks"/>: for each row of the kernel, the products of
/// the gradient's pixels a stride apart and of the input's channels, summed over the input's pixels in one order.
/// </summary>
internal sealed unsafe class StrideBlocksBackwardWeight : IKernel, IParallelJob
{
    private const int LargestVector = 16;
    private const int LargestTile = 14;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ConvTranspose2dBackwardWeight _operation;
    private readonly ProgramValue _gradWeight;
    private readonly Shape _input;
    private readonly int _channels;
    private readonly int _kernel;
    private readonly int _stride;
    private readonly int _blocks;
    private readonly int[] _split;
    private readonly GradientPlanes _planes;
    private readonly PixelJob _pixels;

    private float* _gradient;
    private float* _inputData;
    private float* _packed;
    private float* _target;

    public StrideBlocksBackwardWeight(WorkerPool workers, BlockedKernels kernels, ConvTranspose2dBackwardWeight operation, ProgramValue gradWeight)
    {
        (_workers, _kernels, _operation, _gradWeight) = (workers, kernels, operation, gradWeight);
        _input = operation.Input.Shape;
        _channels = operation.GradOutput.Shape.C;
        (_kernel, _stride) = (operation.Parameters.KernelHeight, operation.Parameters.StrideHeight);
        _blocks = (_input.C + 2 * kernels.Lanes - 1) / (2 * kernels.Lanes);
        _split = kernels.Split(_kernel);
        _planes = new GradientPlanes(workers, operation.Parameters.Convolution, operation.GradOutput.Shape, _input, LargestTile);
        _pixels = new PixelJob(this);
    }

    public long WorkspaceBytes => _planes.Bytes + NativeBuffer.Align(checked(_blocks * _input.N * PixelElements * sizeof(float)));

    /// <summary>Floats of one image's pixels, two vectors of channels.</summary>
    private nint PixelElements => (nint)_input.H * _input.W * 2 * _kernels.Lanes;

    public void Execute(KernelFrame frame)
    {
        _gradient = _planes.Run(frame.Float(_operation.GradOutput), (float*)frame.Workspace);
        _inputData = frame.Float(_operation.Input);
        _target = frame.Float(_gradWeight);
        _packed = (float*)(frame.Workspace + _planes.Bytes);
        _workers.Run(_pixels, _blocks * _input.N * _input.H);
        _workers.Run(this, _blocks * _channels * _kernel);
    }

    /// <summary>One item is a row of one output channel's kernel by two vectors of input channels.</summary>
    public void Run(int item, int worker)
    {
        int lanes = _kernels.Lanes;
        int kernelRow = item % _kernel;
        int output = item / _kernel % _channels;
        int block = item / _kernel / _channels;
        nint panel = LargestTile * lanes;
        float* sums = stackalloc float[2 * LargestTile * LargestVector];
        int first = 0;
        foreach (int rows in _split)
        {
            for (int image = 0; image < _input.N; image++)
            {
                float* a = _gradient + ((nint)image * _channels + output) * _planes.Plane + kernelRow * _planes.Pitch + first;
                float* b = _packed + ((nint)block * _input.N + image) * PixelElements;
                _kernels.AdjacentRows[rows](_input.H, _input.W, a, _stride * _planes.Pitch, _stride, b, sums, panel, image > 0);
            }

            int count = Math.Min(rows, _kernel - first);
            for (int lane = 0; lane < 2 * lanes && block * 2 * lanes + lane < _input.C; lane++)
            {
                float* target = _target + (((nint)(block * 2 * lanes + lane) * _channels + output) * _kernel + kernelRow) * _kernel + first;
                float* source = sums + lane / lanes * panel + lane % lanes;
                for (int x = 0; x < count; x++)
                {
                    target[x] += source[x * lanes];
                }
            }

            first += rows;
        }
    }

    /// <summary>The input as [two vectors of channels][N][H][W][channel], zeros where there is none. One item a row.</summary>
    private sealed class PixelJob(StrideBlocksBackwardWeight owner) : IParallelJob
    {
        public void Run(int item, int worker)
        {
            Shape input = owner._input;
            int width = 2 * owner._kernels.Lanes;
            int row = item % input.H;
            int image = item / input.H % input.N;
            int first = item / input.H / input.N * width;
            float* target = owner._packed + (nint)item * input.W * width;
            nint plane = (nint)input.H * input.W;
            float* source = owner._inputData + ((nint)image * input.C + first) * plane + (nint)row * input.W;
            int channels = Math.Min(width, input.C - first);
            for (int x = 0; x < input.W; x++, target += width)
            {
                for (int c = 0; c < channels; c++)
                {
                    target[c] = source[c * plane + x];
                }

                new Span<float>(target + channels, width - channels).Clear();
            }
        }
    }
}

/// <summary>
/// The planes of a transposed convolution's gradient with the padding that its forward pass cut off as zeros, so that every
/// tap of the kernel finds something. One item a plane.
/// </summary>
internal sealed unsafe class GradientPlanes : IParallelJob
{
    private readonly WorkerPool _workers;
    private readonly Shape _gradient;
    private readonly int _height;
    private readonly int _width;
    private readonly int _paddingY;
    private readonly int _paddingX;
    private float* _source;
    private float* _target;

    /// <param name="workers">The threads.</param>
    /// <param name="p">The convolution whose data gradient the forward pass is.</param>
    /// <param name="gradient">Shape of the gradient.</param>
    /// <param name="input">Shape of the forward pass's input.</param>
    /// <param name="overread">Floats that kernels may read past the end.</param>
    public GradientPlanes(WorkerPool workers, Conv2dParameters p, Shape gradient, Shape input, int overread)
    {
        (_workers, _gradient) = (workers, gradient);
        (_paddingY, _paddingX) = (p.PaddingHeight, p.PaddingWidth);
        _height = checked((input.H - 1) * p.StrideHeight + p.KernelHeight);
        _width = checked((input.W - 1) * p.StrideWidth + p.KernelWidth);
        Pitch = _width;
        Plane = (nint)_height * _width;
        Bytes = NativeBuffer.Align(checked(((long)gradient.N * gradient.C * Plane + overread) * sizeof(float)));
    }

    /// <summary>Floats between two rows.</summary>
    public nint Pitch { get; }

    /// <summary>Floats between two planes.</summary>
    public nint Plane { get; }

    /// <summary>Bytes of memory that it needs.</summary>
    public long Bytes { get; }

    /// <summary>Makes the planes in the memory given.</summary>
    public float* Run(float* source, float* memory)
    {
        _source = source;
        _target = memory;
        _workers.Run(this, checked(_gradient.N * _gradient.C));
        return memory;
    }

    public void Run(int item, int worker)
    {
        float* target = _target + item * Plane;
        float* source = _source + (nint)item * _gradient.H * _gradient.W;
        int columns = Math.Min(_gradient.W, _width - _paddingX);
        for (int y = 0; y < _height; y++, target += Pitch)
        {
            int row = y - _paddingY;
            if (row < 0 || row >= _gradient.H)
            {
                new Span<float>(target, _width).Clear();
                continue;
            }

            new Span<float>(target, _paddingX).Clear();
            new ReadOnlySpan<float>(source + (nint)row * _gradient.W, columns).CopyTo(new Span<float>(target + _paddingX, columns));
            new Span<float>(target + _paddingX + columns, _width - _paddingX - columns).Clear();
        }
    }
}
