using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// Convolution of 1x1 with stride 1 and its data gradient, on planes as they lie: vectors run along the pixels, so neither what is read nor what
/// is written is turned into vectors of channels and back. Rows of a tile are output channels, whose weights lie side by side. One item is a run of pixels of
/// an image by some tiles of outputs; it copies the inputs of its pixels, pair of vectors by pair, to a near cache. Every output is the sum
/// of the products with all inputs in their order, and then of its bias, as in <see cref="BlockedConvolution"/>: neither the division into items nor the
/// threads nor the size of the map, which chooses between the two, changes a bit.
/// </summary>
internal sealed unsafe class PlaneConvolution : IKernel, IParallelJob, IPacksParameter
{
    /// <summary>Bytes of the inputs of a run: they stay in a worker's own cache while the outputs pass.</summary>
    private const long RunBytes = 256 << 10;

    /// <summary>Pairs of vectors of a run, at most.</summary>
    private const int MostPairs = 16;

    /// <summary>Pairs of vectors that outweigh the way of a tile's weights to the nearest cache.</summary>
    private const int LeastPairs = 3;

    /// <summary>Items below which runs are made shorter, so that all workers end together.</summary>
    private const int ItemsWanted = 32;

    /// <summary>Bytes of a group's weights up to which shorter runs are faster: the inputs of one are nearer, and reading the weights again costs little.</summary>
    private const long SmallWeightBytes = 128 << 10;

    /// <summary>Pixels of a run of small weights, at least.</summary>
    private const int LeastPixelsOfSmallWeights = 48;

    /// <summary>Items of small weights below which runs are made shorter.</summary>
    private const int ItemsWantedOfSmallWeights = 64;

    /// <summary>Items below which the outputs are divided, too.</summary>
    private const int LeastItems = 8;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ProgramValue _input;
    private readonly ProgramValue? _bias;
    private readonly ProgramValue _output;
    private readonly PlaneWeights _packing;
    private readonly WeightSource _weights;
    private readonly int _groups;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly nint _plane;
    private readonly int _runs;
    private readonly int _pairs;
    private readonly int _tilesPerItem;
    private readonly int _parts;
    private readonly bool _finishes;
    private readonly float[] _ends;

    private float* _inputData;
    private float* _outputData;
    private byte* _scratch;

    /// <param name="workers">The threads.</param>
    /// <param name="kernels">The instruction set.</param>
    /// <param name="input">What is convolved [N, C, H, W].</param>
    /// <param name="weight">Weights [C_out, C_in / groups, 1, 1] of the convolution, also for its data gradient.</param>
    /// <param name="bias">One number an output channel, or none.</param>
    /// <param name="output">The result.</param>
    /// <param name="options">Groups, direction, ReLU.</param>
    /// <param name="anyMap">Whether the choice of this algorithm does not depend on the map, so that constant weights need no other layout.</param>
    public PlaneConvolution(WorkerPool workers, BlockedKernels kernels, ProgramValue input, ProgramValue weight, ProgramValue? bias, ProgramValue output, BlockedOptions options, bool anyMap)
    {
        (_workers, _kernels, _input, _bias, _output) = (workers, kernels, input, bias, output);
        _groups = options.Groups;
        _finishes = bias is not null || options.Relu;
        (_inputs, _outputs) = (input.Shape.C / _groups, output.Shape.C / _groups);
        _plane = checked((nint)output.Shape.H * output.Shape.W);

        int pair = 2 * kernels.Lanes;
        _pairs = checked((int)((_plane + pair - 1) / pair));
        int sets = checked(output.Shape.N * _groups);
        _packing = new PlaneWeights(kernels, weight.Shape, _groups, options.Backward);
        bool small = _packing.GroupElements * sizeof(float) <= SmallWeightBytes;
        int least = small ? (LeastPixelsOfSmallWeights + pair - 1) / pair : LeastPairs;
        int most = (int)Math.Clamp(RunBytes / ((long)_inputs * pair * sizeof(float)), least, MostPairs);
        int wanted = Math.Min(((small ? ItemsWantedOfSmallWeights : ItemsWanted) + sets - 1) / sets, Math.Max(1, _pairs / least));
        _runs = Math.Max((_pairs + most - 1) / most, wanted);

        int tiles = _packing.Sizes.Count;
        int parts = (int)Math.Clamp((LeastItems + (long)sets * _runs - 1) / ((long)sets * _runs), 1, tiles);
        _tilesPerItem = (tiles + parts - 1) / parts;
        _parts = (tiles + _tilesPerItem - 1) / _tilesPerItem;
        _weights = new WeightSource(workers, weight, _packing, options.ConstantWeights, usedOnce: (long)output.Shape.N * _runs == 1, anyMap);
        _ends = GC.AllocateArray<float>(checked(_groups * tiles * EndsPerTile), pinned: true);
        for (int i = 0; i < _ends.Length; i += EndsPerTile)
        {
            _ends[i] = options.Relu ? 0 : float.NegativeInfinity;
        }
    }

    public long WorkspaceBytes => _weights.WorkspaceBytes + WorkerBytes * _workers.Threads;

    public ProgramValue? PackedParameter => _weights.PackedParameter;

    public bool InRanges => true;

    private int Tiles => _packing.Sizes.Count;

    /// <summary>The floor and a number for each row.</summary>
    private int EndsPerTile => _kernels.LargestTile + 1;

    private int PairsPerRun => (_pairs + _runs - 1) / _runs;

    private long CopyBytes => NativeBuffer.Align((long)_inputs * PairsPerRun * 2 * _kernels.Lanes * sizeof(float));

    private long TileBytes => NativeBuffer.Align(2L * _kernels.LargestTile * _kernels.Lanes * sizeof(float));

    private long OwnWeightBytes => _weights.IsPackedByUser ? NativeBuffer.Align(_packing.OutputBlockElements * sizeof(float)) : 0;

    private long WorkerBytes => CopyBytes + TileBytes + OwnWeightBytes;

    public void Execute(KernelFrame frame)
    {
        _weights.Prepare(frame);
        _inputData = frame.Float(_input);
        _outputData = frame.Float(_output);
        _scratch = frame.Workspace + _weights.WorkspaceBytes;
        if (_bias is not null)
        {
            SetEnds(frame.Float(_bias));
        }

        _workers.Run(this, checked(_runs * _output.Shape.N * _groups * _parts));
    }

    public void Run(int item, int worker)
    {
        int part = item % _parts;
        int run = item / _parts % _runs;
        int group = item / _parts / _runs % _groups;
        int image = item / _parts / _runs / _groups;
        nint first = Begin(run);
        int pixels = (int)(Begin(run + 1) - first);
        float* copy = (float*)(_scratch + worker * WorkerBytes);
        float* tile = (float*)((byte*)copy + CopyBytes);
        float* ownWeights = (float*)((byte*)tile + TileBytes);
        _kernels.PairsFromPlanes(_inputData + ((nint)image * _groups + group) * _inputs * _plane + first, _plane, _inputs, pixels, copy);
        float* output = _outputData + ((nint)image * _groups + group) * _outputs * _plane + first;
        for (int t = part * _tilesPerItem; t < Math.Min(Tiles, (part + 1) * _tilesPerItem); t++)
        {
            float* weights = _weights.Block(group, t, ownWeights);
            Multiply(group, t, pixels, weights, copy, tile, output + _packing.FirstOutputs[t] * _plane);
        }
    }

    /// <summary>The first pixel of a run; the lengths of runs differ by a pair of vectors at most.</summary>
    private nint Begin(int run) => Math.Min(_plane, (nint)((long)_pairs * run / _runs) * 2 * _kernels.Lanes);

    /// <summary>The outputs of one tile at a run of pixels.</summary>
    private void Multiply(int group, int outputTile, int pixels, float* weights, float* copy, float* tile, float* output)
    {
        int pair = 2 * _kernels.Lanes;
        float* ends = _finishes ? (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_ends)) + ((nint)group * Tiles + outputTile) * EndsPerTile : null;
        int rows = _packing.Sizes[outputTile];
        int count = Math.Min(rows, _outputs - _packing.FirstOutputs[outputTile]);
        int whole = rows == count ? pixels / pair : 0;
        _kernels.PlaneRows[rows](whole, _inputs, weights, _packing.Width, copy, output, _plane, ends, false);
        copy += (nint)whole * _inputs * pair;
        for (int x = whole * pair; x < pixels; x += pair, copy += (nint)_inputs * pair)
        {
            int left = Math.Min(pair, pixels - x);
            _kernels.PlaneRows[rows](1, _inputs, weights, _packing.Width, copy, tile, pair, ends, false);
            for (int row = 0; row < count; row++)
            {
                new ReadOnlySpan<float>(tile + row * pair, left).CopyTo(new Span<float>(output + row * _plane + x, left));
            }
        }
    }

    /// <summary>The numbers that are added to a tile's rows, behind the tile's floor.</summary>
    private void SetEnds(float* bias)
    {
        for (int t = 0; t < _groups * Tiles; t++)
        {
            int first = _packing.FirstOutputs[t % Tiles];
            int count = Math.Min(_packing.Sizes[t % Tiles], _outputs - first);
            new ReadOnlySpan<float>(bias + (nint)(t / Tiles) * _outputs + first, count).CopyTo(_ends.AsSpan(t * EndsPerTile + 1));
        }
    }
}
