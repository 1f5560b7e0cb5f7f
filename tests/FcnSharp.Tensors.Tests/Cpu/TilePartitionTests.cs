using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Cpu.Blocked;
using Xunit;

namespace FcnSharp.Tensors.Tests.Cpu;

public sealed class TilePartitionTests
{
    private const long SmallWeights = 64 << 10;

    private static BlockedKernels Kernels => KernelSet.Best.Blocked;

    [Theory]
    [InlineData(SmallWeights)]
    [InlineData(3 << 20)]
    [InlineData(30 << 20)]
    [InlineData(900L << 20)]
    public void Every_tile_belongs_to_one_block_and_every_part_has_its_kernels(long weightBytes)
    {
        foreach (long bytesPerTile in (long[])[64, 1 << 10, 9 << 10, 300 << 10])
        {
            for (int tiles = 1; tiles < 9_000; tiles += tiles < 400 ? 1 : 97)
            {
                foreach (bool constant in (bool[])[false, true])
                {
                    var partition = new TilePartition(Kernels, tiles, bytesPerTile, weightBytes, outputBlocks: 3, constant);
                    Assert.Equal(tiles, Enumerable.Range(0, partition.Blocks).Sum(partition.TilesOf));
                    for (int block = 0; block < partition.Blocks; block++)
                    {
                        int count = partition.TilesOf(block);
                        Assert.InRange(count, 1, partition.TilesPerBlock);
                        for (int first = 0; first < count; first += partition.TilesPerPart)
                        {
                            int rows = partition.Splits[Math.Min(partition.TilesPerPart, count - first)].Sum();
                            Assert.InRange(rows, Math.Min(partition.TilesPerPart, count - first), partition.Rows - first);
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(1_568, 16)]
    [InlineData(3_136, 16)]
    [InlineData(10_000, 28)]
    [InlineData(400, 8)]
    public void Few_blocks_of_a_workers_own_are_as_many_as_two_or_four_workers_share_evenly(int tiles, int blocks)
    {
        var partition = new TilePartition(Kernels, tiles, bytesPerTile: 4 << 10, SmallWeights, outputBlocks: 2, constantWeights: true);
        Assert.False(partition.Shared);
        Assert.Equal(blocks, partition.Blocks);
    }

    [Theory]
    [InlineData(18, false, 1)]
    [InlineData(18, true, 3)]
    [InlineData(30, true, 1)]
    [InlineData(10, false, 3)]
    public void Weights_that_change_count_as_large_earlier_so_that_one_block_of_tiles_reads_them_once(int weightMegabytes, bool constant, int blocks)
    {
        var partition = new TilePartition(Kernels, tiles: 256, bytesPerTile: 72 << 10, (long)weightMegabytes << 20, outputBlocks: 8, constant);
        Assert.True(partition.Shared);
        Assert.Equal(blocks, partition.Blocks);
    }

    [Fact]
    public void Tiles_of_large_weights_are_shared_so_that_the_weights_are_read_once()
    {
        var partition = new TilePartition(Kernels, tiles: 361, bytesPerTile: 100 << 10, weightBytes: 30 << 20, outputBlocks: 16, constantWeights: true);
        Assert.True(partition.Shared);
        Assert.Equal(2, partition.Blocks);
        Assert.Equal(4, partition.OutputBlocksPerItem);
    }
}
