using System.Globalization;
using FcnSharp.Tensors.Memory;
using Xunit;

namespace FcnSharp.Tensors.Tests.Memory;

public sealed unsafe class NativeBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(5 << 20)]
    public void A_buffer_is_aligned_and_can_be_written_whole(long bytes)
    {
        using var buffer = new NativeBuffer(bytes);
        Assert.Equal(bytes, buffer.Bytes);
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
        new Span<byte>(buffer.Pointer, (int)bytes).Fill(0xFF);
        buffer.Clear();
        Assert.Equal(-1, new Span<byte>(buffer.Pointer, (int)bytes).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_size_that_overflowed_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer(-1));
        FcnSharpException e = Assert.Throws<FcnSharpException>(() => new NativeBuffer(1L << 60));
        Assert.Contains("The system refused", e.Message, StringComparison.Ordinal);
    }

    /// <summary>All tests of this project run on guarded memory; that it guards is tested here.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4096 - NativeBuffer.Overread)]
    [InlineData(100_000)]
    public void The_pages_around_a_buffer_cannot_be_touched(long bytes)
    {
        Assert.SkipUnless(NativeBuffer.Heap is GuardedHeap, "guarded memory is for Linux with pages of 4 KB");
        var buffer = new NativeBuffer(bytes);
        nint begin = (nint)buffer.Pointer;
        nint end = begin + (nint)NativeBuffer.Align(bytes + NativeBuffer.Overread);
        Assert.Equal(0, end % 4096);
        Assert.Equal("rw-p", Access(begin));
        Assert.Equal("rw-p", Access(end - 1));
        Assert.Equal("---p", Access(end));
        Assert.Equal("---p", Access((begin / 4096 * 4096) - 1));
        buffer.Dispose();
        Assert.Equal("---p", Access(begin));
    }

    /// <summary>What the process may do at an address.</summary>
    private static string Access(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] fields = line.Split(' ', '-');
            if (address >= Hex(fields[0]) && address < Hex(fields[1]))
            {
                return line.Split(' ')[1];
            }
        }

        return "";
    }

    // Addresses of the system's own pages are beyond a signed number.
    private static nint Hex(string digits) => (nint)Math.Min(ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.MaxValue);
}
