using System.Runtime.Intrinsics.X86;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// <see cref="StrideBlocks"/> of a kernel of up to twice the stride, the upsampling of an FCN, by minimal filtering F(3x3,2x2): what all outputs of a
/// block see are the same 2 x 2 pixels, so that a tile of 3 x 3 positions wants 16 products of each input and output instead of 36, and its input is
/// transformed once for all of them. For weights that do not change.
/// </summary>
internal sealed unsafe class StrideBlockTiles : IKernel, IParallelJob
{
    /// <summary>Points of a tile.</summary>
    public const int Points = Edge * Edge;

    private const int Edge = 4;
    private const int Outputs = 3;
    private const int Taps = 2;

    /// <summary>Inputs of a group below which the transforms cost more than they save.</summary>
    private const int LeastInputs = 8;

    /// <summary>Floats of all weights at their points up to which they stay in a cache that the workers share: each row of tiles reads them anew.</summary>
    private const long MostPointWeights = 1 << 20;

    /// <summary>Tiles whose points of two vectors of outputs stay in a near cache.</summary>
    private const int MostTiles = 28;

    private readonly WorkerPool _workers;
    private readonly BlockedKernels _kernels;
    private readonly ConvTranspose2dForward _operation;
    private readonly Shape _input;
    private readonly int _groupInputs;
    private readonly int _groupOutputs;
    private readonly StrideBlockWriter _writer;
    private readonly int _pairs;
    private readonly int _tileRows;
    private readonly int _tileColumns;
    private readonly int _chunks;
    private readonly int _chunkTiles;
    private readonly int[] _split;
    private readonly int _room;
    private readonly WeightSource _weights;

    private float* _inputData;
    private byte* _scratch;

    public StrideBlockTiles(WorkerPool workers, BlockedKernels kernels, ConvTranspose2dForward operation)
    {
        (_workers, _kernels, _operation) = (workers, kernels, operation);
        _input = operation.Input.Shape;
        Conv2dParameters p = operation.Parameters.Convolution;
        (_groupInputs, _groupOutputs) = (_input.C / p.Groups, operation.Output.Shape.C / p.Groups);
        _writer = new StrideBlockWriter(kernels, operation.Output.Shape, p);
        _pairs = (_writer.Places.Length + 1) / 2;
        _tileRows = (_writer.GridHeight + Outputs - 1) / Outputs;
        _tileColumns = (_writer.GridWidth + Outputs - 1) / Outputs;
        _chunks = (_tileColumns + MostTiles - 1) / MostTiles;
        _chunkTiles = (_tileColumns + _chunks - 1) / _chunks;
        _split = kernels.Split(_chunkTiles);
        _room = _split.Sum();
        var taps = new StrideBlockWeights(kernels, operation.Weight.Shape, p.Groups, p.StrideHeight, _writer.Places);
        _weights = new WeightSource(workers, operation.Weight, new StrideBlockTileWeights(workers, taps, (nint)_groupInputs * 2 * kernels.Lanes), constant: true, usedOnce: false, anyMap: false);
    }

    /// <summary>What a tile is.</summary>
    public static WinogradScheme Scheme { get; } = new(Outputs, Taps);

    public long WorkspaceBytes => _weights.WorkspaceBytes + WorkerBytes * _workers.Threads;

    /// <summary>Floats of a point of a chunk of tiles: all channels.</summary>
    private nint PointElements => checked((nint)_input.C * _room);

    // Rows of a tile past the last are read on into what follows.
    private nint PointsElements => checked(Points * PointElements + _kernels.LargestTile);

    /// <summary>Floats of one vector of outputs at a point of a chunk: an odd number of vectors, so that the points do not fall on the same places of the cache.</summary>
    private nint ProductPanel => (_room | 1) * (nint)_kernels.Lanes;

    private nint PositionRow => _room * Outputs * (nint)_kernels.Lanes;

    /// <summary>Columns that a chunk of tiles sees.</summary>
    private int Columns => checked(_chunkTiles * Outputs + 1);

    private long WorkerBytes => NativeBuffer.Align(checked(Points * 2 * ProductPanel + Outputs * PositionRow + PointsElements + 2 * Edge * Columns) * sizeof(float));

    /// <summary>What it can compute, and gains by.</summary>
    public static ConvolutionCondition[] Conditions(BlockedKernels kernels) =>
    [
        .. StrideBlocks.Conditions(kernels),
        new("constant weights", s => s.ConstantWeights),
        new($"kernel larger than the stride, up to {Taps} times", s => s.Parameters.KernelHeight > s.Parameters.StrideHeight && s.Parameters.KernelHeight <= Taps * s.Parameters.StrideHeight),
        new($"{LeastInputs} inputs or more", s => s.Outputs >= LeastInputs),
        new($"up to {MostPointWeights} weights at their points", s => s.Weight.N * (long)s.Weight.C * s.Parameters.StrideHeight * s.Parameters.StrideWidth * Points <= MostPointWeights),
    ];

    public void Execute(KernelFrame frame)
    {
        _inputData = frame.Float(_operation.Input);
        _weights.Prepare(frame);
        _writer.Bind(frame.Float(_operation.Output), _operation.Bias is null ? null : frame.Float(_operation.Bias));
        _scratch = frame.Workspace + _weights.WorkspaceBytes;
        _workers.Run(this, checked(_input.N * _tileRows * _chunks));
    }

    /// <summary>One item is a row of tiles, or a part of it: all channels.</summary>
    public void Run(int item, int worker)
    {
        int chunk = item % _chunks;
        int tileRow = item / _chunks % _tileRows;
        int image = item / _chunks / _tileRows;
        int lanes = _kernels.Lanes;
        int first = chunk * _chunkTiles * Outputs;
        int count = Math.Min(_chunkTiles * Outputs, _writer.GridWidth - first);
        int rows = Math.Min(Outputs, _writer.GridHeight - tileRow * Outputs);
        float* products = (float*)(_scratch + worker * WorkerBytes);
        float* positions = products + Points * 2 * ProductPanel;
        float* allPoints = positions + Outputs * PositionRow;
        Transform(image, tileRow, chunk * _chunkTiles, allPoints, allPoints + PointsElements);
        for (int pair = 0; pair < _pairs; pair++)
        {
            int group = _writer.Places[pair * 2].Channel / _groupOutputs;
            float* weights = _weights.Block(0, pair, null);
            float* points = allPoints + (nint)group * _groupInputs * _room;
            for (int point = 0; point < Points; point++, weights += (nint)_groupInputs * 2 * lanes, points += PointElements)
            {
                Prefetch(image, tileRow, first, count, rows, pair, point);
                int done = 0;
                foreach (int tiles in _split)
                {
                    _kernels.AdjacentRows[tiles](1, _groupInputs, points + done, 0, _room, weights, products + point * 2 * ProductPanel + done * lanes, ProductPanel, false);
                    done += tiles;
                }
            }

            for (int half = 0; half < 2 && pair * 2 + half < _writer.Places.Length; half++)
            {
                _kernels.PositionsOfTiles(products + half * ProductPanel, 2 * ProductPanel, (count + Outputs - 1) / Outputs, positions, PositionRow);
                for (int row = 0; row < rows; row++)
                {
                    _writer.Write(image, tileRow * Outputs + row, first, count, pair * 2 + half, positions + row * PositionRow);
                }
            }
        }
    }

    /// <summary>Asks for the lines that the next pair of vectors will be written to, a row at a point.</summary>
    private void Prefetch(int image, int tileRow, int first, int count, int rows, int pair, int point)
    {
        int next = (pair + 1) * 2 + point % 2;
        if (Sse.IsSupported && point / 2 < rows && next < _writer.Places.Length)
        {
            _writer.Prefetch(image, tileRow * Outputs + point / 2, first, count, next);
        }
    }

    /// <summary>Tiles of all channels, of 4 x 4 pixels of which the first row and column belong to the position before, to points: [point][channel][tile].</summary>
    private void Transform(int image, int tileRow, int firstTile, float* points, float* rows)
    {
        (int height, int width) = (_input.H, _input.W);
        int columns = Columns;
        float* down = rows + Edge * columns;
        int left = firstTile * Outputs - 1;
        int begin = Math.Max(0, -left);
        int end = Math.Clamp(width - left, begin, columns);
        new Span<float>(rows, Edge * columns).Clear();
        for (int channel = 0; channel < _input.C; channel++, points += _room)
        {
            // What lies outside of the image is 0 for every channel.
            float* plane = _inputData + ((nint)image * _input.C + channel) * height * width;
            for (int row = 0; row < Edge; row++)
            {
                int y = tileRow * Outputs + row - 1;
                if (y >= 0 && y < height)
                {
                    new ReadOnlySpan<float>(plane + (nint)y * width + left + begin, end - begin).CopyTo(new Span<float>(rows + row * columns + begin, end - begin));
                }
            }

            for (int x = 0; x < columns; x++)
            {
                (float d0, float d1, float d2, float d3) = (rows[x], rows[columns + x], rows[2 * columns + x], rows[3 * columns + x]);
                down[x] = d0 - d2;
                down[columns + x] = d1 + d2;
                down[2 * columns + x] = d2 - d1;
                down[3 * columns + x] = d3 - d1;
            }

            float* to = points;
            for (int row = 0; row < Edge; row++, to += Edge * PointElements)
            {
                float* d = down + row * columns;
                for (int tile = 0; tile < _chunkTiles; tile++, d += Outputs)
                {
                    to[tile] = d[0] - d[2];
                    to[PointElements + tile] = d[1] + d[2];
                    to[2 * PointElements + tile] = d[2] - d[1];
                    to[3 * PointElements + tile] = d[3] - d[1];
                }
            }
        }
    }
}
