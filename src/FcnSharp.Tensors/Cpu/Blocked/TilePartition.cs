namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>
/// How the tiles of a convolution are divided among items, by shapes alone. Small weights stay in each worker's cache while
/// blocks of tiles pass by; large ones are read once for a large block, which is shared.
/// </summary>
internal sealed class TilePartition
{
    /// <summary>Bytes of transformed tiles that a worker keeps in its own cache.</summary>
    private const long PrivateBytes = 1500 << 10;

    /// <summary>Bytes of transformed tiles that the workers share.</summary>
    private const long SharedBytes = 8 << 20;

    /// <summary>The same where reading the weights again costs more than reading the tiles from afar.</summary>
    private const long SharedBytesOfLargeWeights = 24 << 20;

    /// <summary>Bytes of transformed weights that count as large.</summary>
    private const long LargeWeightBytes = 24 << 20;

    /// <summary>The same where weights change: for a single block of tiles they are transformed by who uses them, and not written beforehand.</summary>
    private const long LargeWeightBytesThatChange = 12 << 20;

    /// <summary>Bytes of transformed weights above which they are read once for a shared block of tiles.</summary>
    private const long SmallWeightBytes = 2 << 20;

    /// <summary>Tiles of a block, however many bytes they have.</summary>
    private const int LeastTiles = 14;

    /// <summary>Items below which the tiles of a block are shared out, too.</summary>
    private const int ItemsWanted = 8;

    /// <summary>Tiles that a part has at least: a few rows of the largest tile kernel.</summary>
    private const int LeastTilesPerPart = 28;

    /// <summary>Blocks of a worker's own below which they are made smaller: of three, two workers would do two and one.</summary>
    private const int BlocksWanted = 16;

    /// <summary>Tiles that a smaller block has at least: some rows of the largest tile kernel for each look at the weights.</summary>
    private const int LeastTilesPerBlock = 56;

    /// <summary>What few blocks are rounded up to, so that two or four workers end together.</summary>
    private const int BlocksTogether = 4;

    private readonly int _tiles;

    /// <param name="kernels">The instruction set.</param>
    /// <param name="tiles">All tiles.</param>
    /// <param name="bytesPerTile">Bytes of the points of one tile, all input channels.</param>
    /// <param name="weightBytes">Bytes of the transformed weights of one group.</param>
    /// <param name="outputBlocks">Pairs of vectors of output channels.</param>
    /// <param name="constantWeights">Whether the weights never change again.</param>
    public TilePartition(BlockedKernels kernels, int tiles, long bytesPerTile, long weightBytes, int outputBlocks, bool constantWeights)
    {
        _tiles = tiles;
        Shared = weightBytes > SmallWeightBytes || tiles * bytesPerTile <= PrivateBytes;
        long shared = weightBytes > (constantWeights ? LargeWeightBytes : LargeWeightBytesThatChange) ? SharedBytesOfLargeWeights * (weightBytes > 20 * LargeWeightBytes ? 3 : 1) : SharedBytes;
        int wanted = (int)Math.Clamp((Shared ? shared : PrivateBytes) / bytesPerTile, LeastTiles, Math.Max(LeastTiles, tiles));
        Blocks = (tiles + wanted - 1) / wanted;
        if (!Shared)
        {
            Blocks = Math.Max(Blocks, Math.Min(BlocksWanted, tiles / LeastTilesPerBlock));
            int together = (Blocks + BlocksTogether - 1) / BlocksTogether * BlocksTogether;
            Blocks = Blocks < 2 * BlocksWanted && tiles >= together * LeastTiles ? together : Blocks;
        }

        TilesPerBlock = ((tiles + Blocks - 1) / Blocks + 1) / 2 * 2;
        Blocks = (tiles + TilesPerBlock - 1) / TilesPerBlock;
        OutputBlocksPerItem = Shared && (constantWeights || Blocks > 1) ? Math.Max(1, Math.Min(4, outputBlocks / 4)) : 1;

        // Few output channels: their tiles are shared out as well, so that no worker is idle.
        int outputItems = (outputBlocks + OutputBlocksPerItem - 1) / OutputBlocksPerItem;
        int wantedParts = Shared ? (ItemsWanted + outputItems - 1) / outputItems : 1;
        TilesPerPart = Math.Max(Math.Min(LeastTilesPerPart, TilesPerBlock), ((TilesPerBlock + wantedParts - 1) / wantedParts + 1) / 2 * 2);
        Splits = new int[TilesPerPart + 1][];
        foreach (int block in (int[])[0, Blocks - 1])
        {
            for (int first = 0; first < TilesOf(block); first += TilesPerPart)
            {
                int count = Math.Min(TilesPerPart, TilesOf(block) - first);
                Splits[count] ??= kernels.Split(count);
                Rows = Math.Max(Rows, first + Splits[count].Sum());
            }
        }
    }

    /// <summary>Whether the workers share a block, each with its own output channels.</summary>
    public bool Shared { get; }

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>Tiles of a block, fewer in the last.</summary>
    public int TilesPerBlock { get; }

    /// <summary>Tiles of an item of a shared block.</summary>
    public int TilesPerPart { get; }

    /// <summary>Items that share the tiles of a whole block.</summary>
    public int Parts => (TilesPerBlock + TilesPerPart - 1) / TilesPerPart;

    /// <summary>Pairs of vectors of output channels of an item of a shared block.</summary>
    public int OutputBlocksPerItem { get; }

    /// <summary>Sizes of the tile kernels that cover a part, by its tiles.</summary>
    public int[][] Splits { get; }

    /// <summary>Rows that they write in a block: at least its tiles.</summary>
    public int Rows { get; }

    /// <summary>Tiles of one block.</summary>
    public int TilesOf(int block) => Math.Min(TilesPerBlock, _tiles - block * TilesPerBlock);
}
