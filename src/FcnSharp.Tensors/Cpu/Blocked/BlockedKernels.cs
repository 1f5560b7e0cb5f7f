namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>The kernels on blocked channels of one instruction set.</summary>
internal sealed unsafe class BlockedKernels
{
    /// <summary>What a tile of few rows costs beside its rows, in rows: loading B and filling the pipeline.</summary>
    private const double TileOverhead = 1.5;

    /// <summary>Rows below which a tile waits for its own sums.</summary>
    private const int LeastRows = 4;

    private readonly int[] _sizes;

    private BlockedKernels(int lanes, int[] sizes) => (Lanes, _sizes) = (lanes, sizes);

    /// <summary>Floats in a vector, and channels in a block.</summary>
    public int Lanes { get; }

    /// <summary>Rows of the largest tile.</summary>
    public int LargestTile => _sizes[0];

    /// <summary>Tile kernels by rows, for rows that lie a vector apart; null where there is none.</summary>
    public delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[] VectorRows { get; private init; } = [];

    /// <summary>Tile kernels by rows, for rows that lie side by side.</summary>
    public delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[] AdjacentRows { get; private init; } = [];

    /// <summary>Tile kernels by rows, for rows that lie side by side and whose results go to planes: pairs of vectors, depth, A, its step, B, C, its plane, ends, whether C is added to.</summary>
    public delegate*<int, int, float*, nint, float*, float*, nint, float*, bool, void>[] PlaneRows { get; private init; } = [];

    /// <summary>Tile kernels by rows, for rows that lie a vector apart in blocks that a table finds.</summary>
    public delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[] TapRows { get; private init; } = [];

    /// <summary>Tile kernels by the floats between two rows and by rows: pixels whose few channels lie side by side.</summary>
    public delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[][] PixelRows { get; private init; } = [];

    /// <summary>Sums over pixels of <see cref="LargestTile"/> planes by two vectors.</summary>
    public delegate*<int, float*, nint, float*, float*, nint, bool, void> PlaneSums { get; private init; }

    private delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[][] Spaced { get; init; } = [];

    private Dictionary<WinogradScheme, WinogradTransforms> Transforms { get; init; } = [];

    public delegate*<float*, nint, int, int, int, float*, nint, void> Gather { get; private init; }

    public delegate*<float*, nint, int, float*, nint, void> CopyVectors { get; private init; }

    public delegate*<float*, nint, int, int*, int, float*, nint, nint, void> CopyWindows { get; private init; }

    public delegate*<float*, nint, int, int, float*, void> FromPlanes { get; private init; }

    public delegate*<float*, nint, int, int, float*, void> PairsFromPlanes { get; private init; }

    public delegate*<float*, int, int, float*, nint, void> ToPlanes { get; private init; }

    /// <summary>Points of <see cref="StrideBlockTiles"/> to positions: points, floats between them, tiles, target, floats between its rows.</summary>
    public delegate*<float*, nint, int, float*, nint, void> PositionsOfTiles { get; private init; }

    public delegate*<float*, int, float*, float, void> Finish { get; private init; }

    public delegate*<float*, nint, int, int, void> PrefetchRows { get; private init; }

    public delegate*<float*, nint, int, int, void> PoolPairs { get; private init; }

    public delegate*<float*, nint, float*, nint, void> Transpose { get; private init; }

    /// <summary>target[column] = a vector of source[row][column], for some columns: whole squares, but of a single last column nothing else. Source, its stride, columns, target, its stride.</summary>
    public delegate*<float*, nint, int, float*, nint, void> TransposeColumns { get; private init; }

    public delegate*<float*, int, int, float*, nint, void> AddToRows { get; private init; }

    public static BlockedKernels Create<TOps, TVector>(bool manyRegisters)
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct =>
        new(TOps.Lanes, manyRegisters ? [14, 12, 8, 6, 4, 2] : [6, 4, 2])
        {
            VectorRows = Tiles<TOps, TVector, VectorRows>(),
            AdjacentRows = Tiles<TOps, TVector, AdjacentRows>(),
            PlaneRows = PlaneTilesOf<TOps, TVector>(),
            TapRows = Tiles<TOps, TVector, TapRows>(),
            Spaced = [Tiles<TOps, TVector, RowsBy4>(), Tiles<TOps, TVector, RowsBy8>(), Tiles<TOps, TVector, RowsBy16>(), Tiles<TOps, TVector, RowsBy32>()],
            PixelRows = [[], [], [], Tiles<TOps, TVector, PixelRows3>(), Tiles<TOps, TVector, PixelRows4>(), [], Tiles<TOps, TVector, PixelRows6>(), [], Tiles<TOps, TVector, PixelRows8>()],
            PlaneSums = manyRegisters ? &PlaneSums<TOps, TVector>.Rows14 : &PlaneSums<TOps, TVector>.Rows6,
            Gather = &BlockedGather<TOps, TVector>.Gather,
            CopyVectors = &BlockedGather<TOps, TVector>.CopyVectors,
            CopyWindows = &BlockedGather<TOps, TVector>.CopyWindows,
            FromPlanes = &BlockedCopy<TOps, TVector>.FromPlanes,
            PairsFromPlanes = &BlockedCopy<TOps, TVector>.PairsFromPlanes,
            ToPlanes = &BlockedCopy<TOps, TVector>.ToPlanes,
            PositionsOfTiles = &StrideBlockTransforms<TOps, TVector>.Output4To3,
            Finish = &BlockedCopy<TOps, TVector>.Finish,
            PoolPairs = &BlockedCopy<TOps, TVector>.PoolPairs,
            PrefetchRows = &BlockedCopy<TOps, TVector>.PrefetchRows,
            Transpose = &TransposeSquare<TOps, TVector>,
            TransposeColumns = &TransposeColumnsOf<TOps, TVector>,
            Transforms = new()
            {
                [WinogradScheme.Conv3x3Large] = new()
                {
                    Input = &WinogradInput<TOps, TVector>.Input8,
                    Output = &WinogradOutput<TOps, TVector>.Output8To6,
                    Kernel = &WinogradKernel<TOps, TVector>.Kernel3To8,
                    Gradient = &WinogradKernel<TOps, TVector>.Gradient6To8,
                    KernelGradient = &WinogradKernelGradient<TOps, TVector>.Kernel8To3,
                },
                [WinogradScheme.Conv3x3Small] = new()
                {
                    Input = &WinogradInput<TOps, TVector>.Input6,
                    Output = &WinogradOutput<TOps, TVector>.Output6To4,
                    Kernel = &WinogradKernel<TOps, TVector>.Kernel3To6,
                    Gradient = &WinogradKernel<TOps, TVector>.Gradient4To6,
                    KernelGradient = &WinogradKernelGradient<TOps, TVector>.Kernel6To3,
                },
                [WinogradScheme.Conv3x3Tiny] = new()
                {
                    Input = &WinogradInput<TOps, TVector>.Input4,
                    Output = &WinogradOutput<TOps, TVector>.Output4To2,
                    Kernel = &WinogradKernel<TOps, TVector>.Kernel3To4,
                },
                [WinogradScheme.Conv5x5] = new()
                {
                    Input = &WinogradInput<TOps, TVector>.Input8,
                    Output = &WinogradOutput<TOps, TVector>.Output8To4,
                    Kernel = &WinogradKernel<TOps, TVector>.Kernel5To8,
                    Gradient = &WinogradKernel<TOps, TVector>.Gradient4To8,
                    KernelGradient = &WinogradKernelGradient<TOps, TVector>.Kernel8To5,
                },
                [WinogradScheme.Conv7x7] = new()
                {
                    Input = &WinogradInput<TOps, TVector>.Input8,
                    Output = &WinogradOutput<TOps, TVector>.Output8To2,
                    Kernel = &WinogradKernel<TOps, TVector>.Kernel7To8,
                    Gradient = &WinogradKernel<TOps, TVector>.Gradient2To8,
                    KernelGradient = &WinogradKernelGradient<TOps, TVector>.Kernel8To7,
                },
            },
            AddToRows = &BlockedCopy<TOps, TVector>.AddToRows,
        };

    /// <summary>Tile kernels by rows, for rows that lie 4, 8, 16 or 32 floats apart in blocks that a table finds.</summary>
    public delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[] SpacedRows(int stride) => Spaced[int.Log2(stride) - 2];

    /// <summary>The transforms of a scheme; none where a pixel is its own point.</summary>
    public WinogradTransforms? TransformsOf(WinogradScheme scheme) => Transforms.GetValueOrDefault(scheme);

    /// <summary>The sizes of the tiles that cover at least this many rows, at the least cost; all sizes are even.</summary>
    public int[] Split(int rows)
    {
        var cost = new double[rows + 1];
        var size = new int[rows + 1];
        for (int r = 1; r <= rows; r++)
        {
            cost[r] = double.MaxValue;
            foreach (int s in _sizes)
            {
                double candidate = cost[Math.Max(0, r - s)] + Math.Max(s, LeastRows) + TileOverhead;
                if (candidate < cost[r])
                {
                    (cost[r], size[r]) = (candidate, s);
                }
            }
        }

        var sizes = new List<int>();
        for (int r = rows; r > 0; r -= sizes[^1])
        {
            sizes.Add(size[r]);
        }

        return [.. sizes];
    }

    private static delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[] Tiles<TOps, TVector, TRows>()
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct
        where TRows : struct, ITileRows
    {
        var tiles = new delegate*<int, int, float*, nint, nint, float*, float*, nint, bool, void>[15];
        tiles[14] = &TileKernels<TOps, TVector, TRows>.Rows14;
        tiles[12] = &TileKernels<TOps, TVector, TRows>.Rows12;
        tiles[8] = &TileKernels<TOps, TVector, TRows>.Rows8;
        tiles[6] = &TileKernels<TOps, TVector, TRows>.Rows6;
        tiles[4] = &TileKernels<TOps, TVector, TRows>.Rows4;
        tiles[2] = &TileKernels<TOps, TVector, TRows>.Rows2;
        return tiles;
    }

    private static delegate*<int, int, float*, nint, float*, float*, nint, float*, bool, void>[] PlaneTilesOf<TOps, TVector>()
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct
    {
        var tiles = new delegate*<int, int, float*, nint, float*, float*, nint, float*, bool, void>[15];
        tiles[14] = &PlaneTiles<TOps, TVector>.Rows14;
        tiles[12] = &PlaneTiles<TOps, TVector>.Rows12;
        tiles[8] = &PlaneTiles<TOps, TVector>.Rows8;
        tiles[6] = &PlaneTiles<TOps, TVector>.Rows6;
        tiles[4] = &PlaneTiles<TOps, TVector>.Rows4;
        tiles[2] = &PlaneTiles<TOps, TVector>.Rows2;
        return tiles;
    }

    private static void TransposeSquare<TOps, TVector>(float* source, nint sourceStride, float* target, nint targetStride)
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct =>
        TOps.Transpose(source, sourceStride, target, targetStride);

    private static void TransposeColumnsOf<TOps, TVector>(float* source, nint sourceStride, int columns, float* target, nint targetStride)
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct
    {
        int column = 0;
        for (; columns - column > 1; column += TOps.Lanes)
        {
            TOps.Transpose(source + column, sourceStride, target + column * targetStride, targetStride);
        }

        // The last of 9, 25 or 49 taps.
        if (column < columns)
        {
            TOps.Store(TOps.LoadSpaced(source + column, sourceStride), target + column * targetStride);
        }
    }
}
