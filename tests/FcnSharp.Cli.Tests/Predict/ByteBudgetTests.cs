using FcnSharp.Cli.Predict;
using Xunit;

namespace FcnSharp.Cli.Tests.Predict;

public sealed class ByteBudgetTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_for_more_than_there_is_waits_until_it_is_given_back()
    {
        ByteBudget budget = new(10);
        budget.Take(6, TestEnd);
        budget.Take(4, TestEnd);
        Task waiting = Task.Run(() => budget.Take(5, TestEnd), TestEnd);

        budget.Give(4);
        await Task.Delay(50, TestEnd);
        Assert.False(waiting.IsCompleted);
        budget.Give(6);
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestEnd);
    }

    [Fact]
    public void One_that_is_larger_than_the_budget_comes_through_alone()
    {
        ByteBudget budget = new(10);

        budget.Take(1000, TestEnd);
        budget.Give(1000);
        budget.Take(1000, TestEnd);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_takes_nothing()
    {
        ByteBudget budget = new(10);
        budget.Take(10, TestEnd);
        using CancellationTokenSource stop = new();
        Task waiting = Task.Run(() => budget.Take(10, stop.Token), TestEnd);

        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromMinutes(1), TestEnd));

        budget.Give(10);
        budget.Take(10, TestEnd);
    }
}
