using System.Diagnostics;
using Xunit;

namespace FcnSharp.Tensors.Tests;

public sealed class WorkerPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<int> Threads => [1, 2, 3, 5, 16];

    [Theory]
    [MemberData(nameof(Threads))]
    public void Every_item_runs_exactly_once_and_never_two_on_one_worker(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (int items in (int[])[0, 1, 2, 3, 4, 5, 15, 16, 17, 100, 1000, 4097])
        {
            for (int repetition = 0; repetition < 20; repetition++)
            {
                var job = new CountingJob(items, threads, inRanges: repetition % 2 == 0);
                pool.Run(job, items);
                Assert.All(job.Runs, runs => Assert.Equal(1, runs));
                Assert.False(job.WorkerSharedOrOutOfRange);
            }
        }
    }

    [Fact]
    public void What_items_wrote_is_visible_to_the_caller_and_to_the_next_job()
    {
        using var pool = new WorkerPool(3);
        var job = new ChainJob(64);
        for (int round = 1; round <= 4000; round++)
        {
            pool.Run(job, 64);
            Assert.All(job.Values, v => Assert.Equal(round, v));
        }
    }

    [Fact]
    public void Workers_begin_at_ranges_of_their_own_and_then_help_the_others()
    {
        const int Items = 1_000;
        using var pool = new WorkerPool(3);
        using var begun = new CountdownEvent(3);
        using var finished = new CountdownEvent(Items - 1);
        int[] first = [-1, -1, -1];
        var job = new ActionJob(
            (item, worker) =>
            {
                if (first[worker] < 0)
                {
                    first[worker] = item;
                    begun.Signal();
                    Assert.True(begun.Wait(Patience), "not every worker came");
                }

                if (item == Items / 3)
                {
                    // The other items of this worker's range, but for those it has taken already, are left to the others.
                    Assert.True(SpinWait.SpinUntil(() => finished.CurrentCount <= Items / 3 / 8, Patience), "nobody helped");
                }
                else
                {
                    finished.Signal();
                }
            },
            inRanges: true);
        OnTime(() => pool.Run(job, Items));
        Assert.Equal([0, Items / 3, Items * 2 / 3], first);
        Assert.Equal(0, finished.CurrentCount);
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void An_exception_of_an_item_reaches_the_caller_as_it_is_and_the_pool_works_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (int items in (int[])[1, 2, 100, 5000])
        {
            foreach (int failing in (int[])[0, items - 1])
            {
                var failure = new FcnSharpException("item failed");
                Assert.Same(failure, Assert.Throws<FcnSharpException>(() => pool.Run(new ActionJob((item, _) => Fail(item, failing, failure), inRanges: failing == 0), items)));
                var job = new CountingJob(items, threads, inRanges: failing == 0);
                pool.Run(job, items);
                Assert.All(job.Runs, runs => Assert.Equal(1, runs));
            }

            // All items fail at once: one exception comes, nothing hangs.
            Assert.Throws<InvalidOperationException>(() => pool.Run(new ActionJob((_, _) => throw new InvalidOperationException()), items));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_an_item_failed_no_worker_begins_another_though_it_took_several(bool inRanges)
    {
        using var pool = new WorkerPool(2);
        using var begun = new ManualResetEventSlim();
        using var thrown = new ManualResetEventSlim();
        int run = 0;
        var job = new ActionJob(
            (item, _) =>
            {
                if (item == 0)
                {
                    begun.Wait(TimeSpan.FromSeconds(10));
                    thrown.Set();
                    throw new InvalidOperationException("first");
                }

                begun.Set();
                thrown.Wait(TimeSpan.FromSeconds(10));
                Thread.Sleep(50);
                Interlocked.Increment(ref run);
            },
            inRanges);
        Assert.Throws<InvalidOperationException>(() => pool.Run(job, 4_096));
        Assert.InRange(run, 0, 4);
    }

    [Fact]
    public void A_job_may_run_another_job_from_its_items()
    {
        using var pool = new WorkerPool(4);
        int inner = 0;
        var outer = new ActionJob((_, _) => pool.Run(new ActionJob((_, _) => Interlocked.Increment(ref inner)), 50));
        OnTime(() => pool.Run(outer, 200));
        Assert.Equal(200 * 50, inner);
    }

    [Fact]
    public void Several_threads_may_run_jobs_at_once()
    {
        using var pool = new WorkerPool(3);
        OnTime(() =>
        {
            Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                for (int i = 0; i < 2000; i++)
                {
                    var job = new CountingJob(7, 3);
                    pool.Run(job, 7);
                    Assert.All(job.Runs, runs => Assert.Equal(1, runs));
                    Assert.False(job.WorkerSharedOrOutOfRange);
                }
            }))];
            Array.ForEach(callers, c => c.Start());
            Array.ForEach(callers, c => c.Join());
        });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Two_hundred_thousand_tiny_jobs_never_hang_and_lose_no_item(int threads)
    {
        // Jobs of different sizes and different objects in turn: a worker that is late for one must not mix them up.
        using var pool = new WorkerPool(threads);
        var jobs = new SumJob[3];
        for (int i = 0; i < jobs.Length; i++)
        {
            jobs[i] = new SumJob();
        }

        long[] expected = new long[jobs.Length];
        OnTime(() =>
        {
            var pause = new Stopwatch();
            for (int i = 0; i < 200_000; i++)
            {
                int items = 2 + i % 4;
                pool.Run(jobs[i % 3], items);
                expected[i % 3] += items * (items + 1) / 2;
                Assert.Equal(expected[i % 3], jobs[i % 3].Total);
                if (i % 5000 == 0)
                {
                    // Long enough for the workers to be parking, or parked.
                    Thread.SpinWait(20 * (i / 5000 % 10) * 100);
                }
            }
        });
    }

    [Fact]
    public void Jobs_after_pauses_of_all_lengths_find_their_workers_awake_or_wake_them()
    {
        using var pool = new WorkerPool(3);
        OnTime(() =>
        {
            for (int i = 0; i < 3000; i++)
            {
                var job = new CountingJob(5, 3);
                pool.Run(job, 5);
                Assert.All(job.Runs, runs => Assert.Equal(1, runs));
                Thread.SpinWait(i * 7 % 2000);
            }
        });
    }

    [Fact]
    public void Workers_that_are_parked_come_to_help_with_a_long_job()
    {
        using var pool = new WorkerPool(3);
        Thread.Sleep(100);
        var workers = new bool[3];
        pool.Run(new ActionJob((_, worker) =>
        {
            Volatile.Write(ref workers[worker], true);
            Thread.Sleep(20);
        }), 12);
        Assert.All(workers, Assert.True);
    }

    [Fact]
    public void Work_alone_stays_on_its_thread_and_ends_so()
    {
        using var pool = new WorkerPool(3);
        void RunHere()
        {
            int caller = Environment.CurrentManagedThreadId;
            int done = 0;
            pool.Run(new ActionJob((item, worker) =>
            {
                Assert.Equal((caller, 0, item), (Environment.CurrentManagedThreadId, worker, done++));
                Thread.Sleep(5);
            }), 12);
            Assert.Equal(12, done);
        }

        int result = WorkerPool.RunAlone(() =>
        {
            RunHere();
            Assert.Throws<FcnSharpException>(() => WorkerPool.RunAlone<int>(() => throw new FcnSharpException("work failed")));

            // Still inside of the outer work.
            RunHere();
            return 7;
        });
        Assert.Equal(7, result);

        // And no more: the two items need a thread each.
        using var both = new Barrier(2);
        pool.Run(new ActionJob((_, _) => Assert.True(both.SignalAndWait(Patience))), 2);
    }

    [Fact]
    public void A_caller_that_finishes_first_waits_for_the_others()
    {
        using var pool = new WorkerPool(3);
        for (int round = 0; round < 20; round++)
        {
            int done = 0;
            pool.Run(new ActionJob((_, worker) =>
            {
                if (worker != 0)
                {
                    Thread.Sleep(3);
                }
                else
                {
                    Thread.SpinWait(2000);
                }

                Interlocked.Increment(ref done);
            }), 6);
            Assert.Equal(6, done);
        }
    }

    [Fact]
    public void Dispatch_allocates_nothing_on_any_thread()
    {
        using var pool = new WorkerPool(3);
        var job = new SumJob();
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                pool.Run(job, 8);
            }

            Thread.Sleep(1);
        });
    }

    [Fact]
    public void Idle_workers_use_no_processor_time()
    {
        using var pool = new WorkerPool(8);
        pool.Run(new CountingJob(1000, 8), 1000);
        Thread.Sleep(100);

        double best = double.MaxValue;
        for (int attempt = 0; attempt < 3 && best > 0.05; attempt++)
        {
            TimeSpan before = WorkersProcessorTime();
            var clock = Stopwatch.StartNew();
            Thread.Sleep(600);
            best = Math.Min(best, (WorkersProcessorTime() - before) / clock.Elapsed);
        }

        Assert.True(best <= 0.05, $"idle workers took {best:P1} of a processor");
    }

    [Fact]
    public void Disposing_ends_the_threads_whether_they_spin_or_park()
    {
        foreach (int pause in (int[])[0, 1, 100])
        {
            var threads = new HashSet<Thread>();
            var pool = new WorkerPool(4);
            pool.Run(new ActionJob((_, _) =>
            {
                lock (threads)
                {
                    threads.Add(Thread.CurrentThread);
                }

                Thread.Sleep(2);
            }), 16);
            Thread.Sleep(pause);
            OnTime(pool.Dispose);
            Assert.All(threads.Where(t => t.Name?.StartsWith("FcnSharp worker", StringComparison.Ordinal) == true), t => Assert.False(t.IsAlive));
            pool.Dispose();
        }
    }

    [Fact]
    public void Wrong_counts_are_refused_rather_than_taken_for_no_work()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));
        using var pool = new WorkerPool(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Run(new SumJob(), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Run(new SumJob(), int.MaxValue));
        Assert.Throws<ArgumentNullException>(() => pool.Run(null!, 1));
    }

    [Fact]
    public void The_shared_pool_keeps_the_size_of_its_first_use()
    {
        WorkerPool shared = WorkerPool.Shared;
        Assert.Same(shared, WorkerPool.Shared);
        WorkerPool.ConfigureShared(shared.Threads);
        Assert.Throws<InvalidOperationException>(() => WorkerPool.ConfigureShared(shared.Threads + 1));
        Assert.Same(shared, WorkerPool.Shared);
    }

    /// <summary>
    /// The processor time of all workers of the process. Only Linux lets threads be found by name; elsewhere the whole process
    /// stands for them, with what the runtime's own threads take, such as to compile.
    /// </summary>
    private static TimeSpan WorkersProcessorTime()
    {
        using var process = Process.GetCurrentProcess();
        if (!OperatingSystem.IsLinux())
        {
            return process.TotalProcessorTime;
        }

        TimeSpan sum = TimeSpan.Zero;
        int found = 0;
        foreach (ProcessThread thread in process.Threads)
        {
            string name = $"/proc/self/task/{thread.Id}/comm";
            if (File.Exists(name) && File.ReadAllText(name).StartsWith("FcnSharp worker", StringComparison.Ordinal))
            {
                sum += thread.TotalProcessorTime;
                found++;
            }
        }

        Assert.True(found >= 7, "the pool's workers were not found by their name");
        return sum;
    }

    private static void Fail(int item, int failing, Exception failure)
    {
        if (item == failing)
        {
            throw failure;
        }
    }

    /// <summary>A deadlock fails the test instead of hanging the run.</summary>
    private static void OnTime(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "no end after 30 seconds: a deadlock");
        Assert.Null(failure);
    }
}
