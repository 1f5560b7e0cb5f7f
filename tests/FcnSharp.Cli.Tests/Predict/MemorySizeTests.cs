using FcnSharp.Cli.Predict;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

public class MemorySizeTests
{
    [Theory]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1.5g", 1_500_000_000)]
    [InlineData("800 MB", 800_000_000)]
    [InlineData("2000kB", 2_000_000)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("0.5TiB", 1L << 39)]
    public void A_number_with_a_unit_is_read(string text, long bytes)
    {
        Assert.True(MemorySize.TryParse(text, out long found));
        Assert.Equal(bytes, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("1000000000")]
    [InlineData("-1GB")]
    [InlineData("1,5GB")]
    [InlineData("NaNGB")]
    [InlineData("1e3GB")]
    [InlineData("0GB")]
    [InlineData("999kB")]
    [InlineData("99999999999999999999TB")]
    public void Anything_else_is_not(string text)
    {
        Assert.False(MemorySize.TryParse(text, out long bytes));
        Assert.Equal(0, bytes);
    }
}
