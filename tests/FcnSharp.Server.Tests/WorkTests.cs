using FcnSharp.Server.Api;
using FcnSharp.Server.Work;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>What requests share, piece by piece.</summary>
public class WorkTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Memory_is_given_in_the_order_in_which_it_was_asked_for()
    {
        MemoryBudget budget = new(100);
        await budget.Take(60, Stop);
        Task large = budget.Take(90, Stop);
        Task small = budget.Take(10, Stop);
        Assert.False(large.IsCompleted || small.IsCompleted, "a small one must not overtake a large one for ever");
        Assert.False(budget.TryTake(1));
        budget.Give(60);
        await large;
        await small;
        Assert.Equal(100, budget.Held);
    }

    [Fact]
    public async Task What_is_larger_than_the_budget_gets_it_alone()
    {
        MemoryBudget budget = new(100);
        await budget.Take(10, Stop);
        Task huge = budget.Take(1000, Stop);
        Assert.False(huge.IsCompleted);
        budget.Give(10);
        await huge;
        Assert.False(budget.TryTake(1));
        budget.Give(1000);
        Assert.True(budget.TryTake(100));
    }

    [Fact]
    public async Task Who_no_longer_waits_for_memory_lets_the_next_have_it()
    {
        MemoryBudget budget = new(100);
        await budget.Take(60, Stop);
        using CancellationTokenSource away = new();
        Task first = budget.Take(90, away.Token);
        Task second = budget.Take(40, Stop);
        await away.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await second;
        Assert.Equal(100, budget.Held);
    }

    [Fact]
    public void Places_are_as_many_as_they_say_and_freed_once()
    {
        WaitingPlaces places = new(2);
        WaitingPlace? first = places.TryTake();
        using WaitingPlace? second = places.TryTake();
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(places.TryTake());
        Assert.True(places.AreFull);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, places.Taken);
    }

    [Fact]
    public async Task One_after_the_other_in_turn_on_one_thread()
    {
        using ComputeThread thread = new();
        List<int> order = [];
        Task<int>[] jobs = [.. Enumerable.Range(0, 50).Select(i => thread.Run(
            () =>
            {
                order.Add(i);
                return Environment.CurrentManagedThreadId;
            },
            Stop))];
        int[] threads = await Task.WhenAll(jobs);
        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.Single(threads.Distinct());
    }

    [Fact]
    public async Task What_a_job_throws_goes_to_its_caller_and_the_thread_goes_on()
    {
        using ComputeThread thread = new();
        await Assert.ThrowsAsync<InvalidOperationException>(() => thread.Run<int>(() => throw new InvalidOperationException(), Stop));
        Assert.Equal(7, await thread.Run(() => 7, Stop));
    }

    [Fact]
    public async Task A_cancelled_job_is_not_run_and_what_waits_at_the_end_is_cancelled()
    {
        ComputeThread thread = new();
        bool ran = false;
        Task<bool> cancelled;
        Task<bool> left;
        using (new Blocker(thread))
        {
            using CancellationTokenSource away = new();
            cancelled = thread.Run(() => ran = true, away.Token);
            await away.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            left = thread.Run(() => ran = true, Stop);
            Task end = Task.Run(thread.Dispose, Stop);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
            Assert.False(end.IsCompleted, "what runs is waited for");
        }

        Assert.False(ran);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await thread.Run(() => 1, Stop));
    }

    [Fact]
    public async Task A_deadline_tells_in_which_phase_it_ran_out()
    {
        using Deadline deadline = new(CancellationToken.None, CancellationToken.None);
        deadline.Begin(Phase.Body, TimeSpan.FromMinutes(1));
        deadline.Begin(Phase.Queue, TimeSpan.FromMilliseconds(10));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromMinutes(1), deadline.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => deadline.Begin(Phase.Compute, TimeSpan.FromMinutes(1)));
        Assert.Equal(Phase.Queue, deadline.Phase);
        Assert.False(deadline.ClientIsGone);
    }

    [Theory]
    [InlineData(null, "json")]
    [InlineData("", "json")]
    [InlineData("*/*", "json")]
    [InlineData("application/*", "json")]
    [InlineData("APPLICATION/JSON", "json")]
    [InlineData("text/html, application/xhtml+xml, image/avif, image/webp, image/png, */*;q=0.8", "Mask")]
    [InlineData("image/png, application/json", "json")]
    [InlineData("image/png, application/json;q=0.9", "Mask")]
    [InlineData("image/png;view=overlay;q=0.5, image/*;q=0.9", "Overlay")]
    [InlineData("image/png; view=\"confidence\"", "Confidence")]
    [InlineData("application/json;q=0, */*", "Mask")]
    [InlineData("application/json;q=0.2, */*;q=0.1", "json")]
    public void Accept_decides_between_json_and_pictures(string? accept, string expected)
    {
        AnswerKind kind = AnswerKind.Choose(accept, null);
        Assert.Equal(expected, kind.View?.ToString() ?? "json");
    }
}
