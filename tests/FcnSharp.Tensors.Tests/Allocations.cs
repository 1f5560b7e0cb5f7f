using Xunit;

namespace FcnSharp.Tensors.Tests;

/// <summary>Counts what the process allocates on the managed heap, on all of its threads.</summary>
internal static class Allocations
{
    /// <summary>
    /// Runs an action several times to warm up, then asserts that a run allocates nothing. The runtime's own threads (tiered
    /// compilation, timers of the test runner) allocate now and then, so one clean run of ten proves it; code that
    /// allocates never has one.
    /// </summary>
    public static void AssertNone(Action action)
    {
        for (int i = 0; i < 3; i++)
        {
            action();
        }

        long least = long.MaxValue;
        for (int attempt = 0; attempt < 10 && least > 0; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            action();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.True(least == 0, $"every run allocates, {least} bytes at least");
    }
}
