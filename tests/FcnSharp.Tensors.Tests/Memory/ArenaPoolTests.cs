using FcnSharp.Tensors.Memory;
using Xunit;

namespace FcnSharp.Tensors.Tests.Memory;

public sealed unsafe class ArenaPoolTests
{
    [Fact]
    public void The_smallest_idle_arena_that_fits_is_rented()
    {
        using var pool = new ArenaPool();
        NativeBuffer[] buffers = [pool.Rent(1000), pool.Rent(3000), pool.Rent(2000)];
        Array.ForEach(buffers, pool.Return);
        Assert.Equal(6000, pool.IdleBytes);
        NativeBuffer rented = pool.Rent(1500);
        Assert.Equal(2000, rented.Bytes);
        Assert.Equal(4000, pool.IdleBytes);
        pool.Return(rented);
    }

    [Fact]
    public void A_run_over_many_sizes_holds_one_arena_for_each_execution_in_flight()
    {
        using var pool = new ArenaPool();
        for (int size = 1; size <= 200; size++)
        {
            NativeBuffer first = pool.Rent(64 * size);
            NativeBuffer second = pool.Rent(64 * size);
            Assert.NotSame(first, second);
            pool.Return(first);
            pool.Return(second);
            Assert.InRange(pool.IdleBytes, 0, 2 * 64 * size);
        }

        for (int size = 200; size >= 1; size--)
        {
            pool.Return(pool.Rent(64 * size));
        }

        Assert.Equal(2 * 64 * 200, pool.IdleBytes);
    }

    [Fact]
    public void Arenas_are_aligned_and_freed_when_the_pool_ends()
    {
        var pool = new ArenaPool();
        NativeBuffer kept = pool.Rent(100);
        NativeBuffer idle = pool.Rent(0);
        Assert.Equal(0, (nint)kept.Pointer % NativeBuffer.Alignment);
        Assert.True(idle.Pointer != null);
        pool.Return(idle);
        pool.Dispose();
        Assert.True(idle.Pointer == null);
        Assert.True(kept.Pointer != null);
        pool.Return(kept);
        Assert.True(kept.Pointer == null);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(1));
    }

    [Fact]
    public void Memory_that_the_system_refuses_is_a_line_for_the_user()
    {
        Assert.Contains("of memory", Assert.Throws<FcnSharpException>(() => new NativeBuffer(long.MaxValue / 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(-1));
    }
}
