using System.Runtime.ExceptionServices;

namespace FcnSharp.Tensors;

/// <summary>
/// Work that is cut into independent items. The pool may run the items in any order on any worker, so an item must
/// write only what no other item writes: then the result has the same bits for any number of threads.
/// </summary>
public interface IParallelJob
{
    /// <summary>
    /// Whether each worker takes a range of neighbouring items rather than the next of all: faster where neighbours in one job read what neighbours in the
    /// job before wrote or read, as then it lies in the worker's own cache.
    /// </summary>
    bool InRanges => false;

    /// <summary>Runs one item.</summary>
    /// <param name="item">Index of the item, from 0.</param>
    /// <param name="worker">Index of the worker that runs it, from 0 to <see cref="WorkerPool.Threads"/> - 1: no two items run on one worker at once, so it can own scratch memory.</param>
    void Run(int item, int worker);
}

/// <summary>
/// Threads that run the items of a job together with the calling thread. They wait for the next job by spinning for a
/// few microseconds, because the next primitive of a net follows at once, and then park, so that an idle process uses no
/// processor time. Dispatching a job allocates nothing.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    private const long Open = 1L << 40;
    private const int SpinRounds = 400;

    /// <summary>Claims of each worker that what is left of its items is cut into: the more, the less a claim of slow items holds up the end.</summary>
    private const int ClaimsAhead = 8;

    /// <summary>No job has more items; a count that overflowed may.</summary>
    private const int MostItems = int.MaxValue / 2;

    /// <summary>Numbers between two ranges, and before the first, where the array's length is that all read: more than a line of a cache, so that workers do not wait for each other's.</summary>
    private const int RangeRoom = 16;

    private static readonly Lock SharedGate = new();
    private static WorkerPool? _shared;

    [ThreadStatic]
    private static bool _alone;

    private readonly object _gate = new();
    private readonly Thread[] _workers;
    private readonly bool _lastItemFirst;

    /// <summary>Items that nobody has taken, by range: the first in the upper half, behind the last in the lower.</summary>
    private readonly long[] _ranges;
    private int _rangeCount;
    private IParallelJob? _job;
    private Exception? _failure;
    private int _generation;
    private int _parked;
    private int _callerWaits;
    private int _busy;
    private bool _stopping;

    /// <summary>Bit 40 while workers may still join the current job; below it, the number that have joined and not yet left.</summary>
    private long _state;

    /// <summary>Starts a pool of its own; most code uses <see cref="Shared"/>.</summary>
    /// <param name="threads">Workers including the calling thread, at least 1.</param>
    public WorkerPool(int threads)
        : this(threads, lastItemFirst: false)
    {
    }

    /// <summary>For tests: an item that writes what is another's shows when items run alone from the last to the first, whatever the threads' timing.</summary>
    internal WorkerPool(int threads, bool lastItemFirst)
    {
        _lastItemFirst = lastItemFirst;
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _ranges = GC.AllocateArray<long>((threads + 1) * RangeRoom, pinned: true);
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int worker = i + 1;
            _workers[i] = new Thread(() => WorkerLoop(worker)) { IsBackground = true, Name = $"FcnSharp worker {worker}" };
            _workers[i].Start();
        }
    }

    /// <summary>
    /// The processors this process may use: affinity and the control group's limit are respected, a fraction rounds up.
    /// </summary>
    public static int DefaultThreads => Environment.ProcessorCount;

    /// <summary>The one pool of the process, started on first use with <see cref="DefaultThreads"/> workers.</summary>
    public static WorkerPool Shared
    {
        get
        {
            lock (SharedGate)
            {
                return _shared ??= new WorkerPool(DefaultThreads);
            }
        }
    }

    /// <summary>Workers including the calling thread.</summary>
    public int Threads { get; }

    /// <summary>Sets the size of <see cref="Shared"/>; call it at start-up, before the pool is first used.</summary>
    /// <exception cref="InvalidOperationException">The pool runs already with another size.</exception>
    public static void ConfigureShared(int threads)
    {
        lock (SharedGate)
        {
            if (_shared is not null && _shared.Threads != threads)
            {
                throw new InvalidOperationException($"The worker pool runs already with {_shared.Threads} threads; configure it before its first use.");
            }

            _shared ??= new WorkerPool(threads);
        }
    }

    /// <summary>
    /// Runs all items of a job and returns when they are done. When another job has the pool, the caller runs its items
    /// alone rather than wait: several requests in flight share the processors that way.
    /// </summary>
    /// <exception cref="Exception">What the first item that failed threw, as it was thrown; items not yet begun are left out.</exception>
    public void Run(IParallelJob job, int items)
    {
        ArgumentNullException.ThrowIfNull(job);

        // A count that overflowed must not pass for no work at all.
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items, MostItems);
        if (items <= 1 || _workers.Length == 0 || _alone || Interlocked.Exchange(ref _busy, 1) != 0)
        {
            for (int i = 0; i < items; i++)
            {
                job.Run(_lastItemFirst ? items - 1 - i : i, 0);
            }

            return;
        }

        try
        {
            RunTogether(job, items);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>
    /// Does work whose jobs, whatever the pool, run on the calling thread alone. Where there is as much work at once as there are processors this is
    /// faster than to share each piece of it: no thread waits for another.
    /// </summary>
    /// <param name="work">What to do; jobs that it hands to other threads do not count.</param>
    /// <returns>What it gives.</returns>
    public static T RunAlone<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        bool before = _alone;
        _alone = true;
        try
        {
            return work();
        }
        finally
        {
            _alone = before;
        }
    }

    /// <summary>Ends the workers. The pool must be idle.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Interlocked.Increment(ref _generation);
            Monitor.PulseAll(_gate);
        }

        foreach (Thread worker in _workers)
        {
            worker.Join();
        }
    }

    private void RunTogether(IParallelJob job, int items)
    {
        _job = job;
        _rangeCount = job.InRanges ? Threads : 1;
        for (int range = 0; range < _rangeCount; range++)
        {
            Left(range) = Range((int)((long)items * range / _rangeCount), (int)((long)items * (range + 1) / _rangeCount));
        }

        _failure = null;
        Volatile.Write(ref _state, Open);
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        RunItems(0);

        // Workers that have not joined by now are not waited for: a parked thread takes longer to wake than a small job lasts.
        Interlocked.And(ref _state, ~Open);
        WaitForJoined();
        _job = null;
        if (_failure is { } failure)
        {
            // The same exception whether the item ran here, on a worker or alone: callers tell expected failures by their type.
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void WaitForJoined()
    {
        for (int spin = 0; spin < SpinRounds; spin++)
        {
            if (Volatile.Read(ref _state) == 0)
            {
                return;
            }

            Thread.SpinWait(8);
        }

        lock (_gate)
        {
            Interlocked.Exchange(ref _callerWaits, 1);
            while (Volatile.Read(ref _state) != 0)
            {
                Monitor.Wait(_gate);
            }

            _callerWaits = 0;
        }
    }

    private static long Range(int begin, int end) => ((long)begin << 32) | (uint)end;

    /// <summary>What is left of a range.</summary>
    private ref long Left(int range) => ref _ranges[(range + 1) * RangeRoom];

    /// <summary>
    /// Takes items from the start of a range or, as those of its own worker should be neighbours, from the end of another's. Of thousands, which are small,
    /// several at once, since each look at what workers share takes as long as such an item; towards the end one, so that all end together.
    /// </summary>
    private bool TryClaim(int range, bool fromStart, out int begin, out int end)
    {
        ref long left = ref Left(range);
        int claims = ClaimsAhead * (Threads / _rangeCount);
        long seen = Volatile.Read(ref left);
        while (true)
        {
            (begin, end) = ((int)(seen >> 32), (int)seen);
            if (begin >= end)
            {
                return false;
            }

            int count = Math.Max(1, (end - begin) / claims);
            long rest = fromStart ? Range(begin + count, end) : Range(begin, end - count);
            long found = Interlocked.CompareExchange(ref left, rest, seen);
            if (found == seen)
            {
                (begin, end) = fromStart ? (begin, begin + count) : (end - count, end);
                return true;
            }

            seen = found;
        }
    }

    private void RunItems(int worker)
    {
        try
        {
            IParallelJob job = _job!;
            for (int other = 0; other < _rangeCount; other++)
            {
                int range = (worker + other) % _rangeCount;
                while (TryClaim(range, fromStart: other == 0, out int begin, out int end))
                {
                    // After a failure what is left is claimed, and left out.
                    for (int item = begin; item < end && Volatile.Read(ref _failure) is null; item++)
                    {
                        job.Run(item, worker);
                    }
                }
            }
        }
#pragma warning disable CA1031 // Whatever an item throws belongs to the caller of Run, not to the worker thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }

    private void WorkerLoop(int worker)
    {
        int seen = 0;
        while (true)
        {
            AwaitGenerationAfter(ref seen);
            if (Volatile.Read(ref _stopping))
            {
                return;
            }

            if (!TryJoin())
            {
                continue;
            }

            RunItems(worker);
            if (Interlocked.Decrement(ref _state) == 0 && Volatile.Read(ref _callerWaits) != 0)
            {
                lock (_gate)
                {
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }

    private bool TryJoin()
    {
        long state = Volatile.Read(ref _state);
        while ((state & Open) != 0)
        {
            long found = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (found == state)
            {
                return true;
            }

            state = found;
        }

        return false;
    }

    private void AwaitGenerationAfter(ref int seen)
    {
        for (int spin = 0; spin < SpinRounds; spin++)
        {
            if (Volatile.Read(ref _generation) != seen)
            {
                seen = Volatile.Read(ref _generation);
                return;
            }

            Thread.SpinWait(8);
        }

        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            while (Volatile.Read(ref _generation) == seen)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _parked);
            seen = Volatile.Read(ref _generation);
        }
    }
}
