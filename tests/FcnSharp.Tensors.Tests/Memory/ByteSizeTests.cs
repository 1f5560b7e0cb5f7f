using System.Globalization;
using FcnSharp.Tensors.Memory;
using Xunit;

namespace FcnSharp.Tensors.Tests.Memory;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(1004, "1.00 kB")]
    [InlineData(9_990, "9.99 kB")]
    [InlineData(9_996, "10.0 kB")]
    [InlineData(12_345, "12.3 kB")]
    [InlineData(99_940, "99.9 kB")]
    [InlineData(99_960, "100 kB")]
    [InlineData(999_400, "999 kB")]
    [InlineData(999_500, "1.00 MB")]
    [InlineData(1_530_000_000, "1.53 GB")]
    [InlineData(2_000_000_000_000, "2.00 TB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void Amounts_have_three_digits_in_every_culture(long bytes, string expected)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            foreach (string culture in (string[])["", "de-DE", "tr-TR"])
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
                Assert.Equal(expected, ByteSize.Format(bytes));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_memory_that_is_available_is_some_and_no_more_than_the_limit()
    {
        long available = SystemMemory.AvailableBytes();
        Assert.InRange(available, 1L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }
}
