namespace FcnSharp.Tensors.Tests;

/// <summary>Does what a test says.</summary>
internal sealed class ActionJob(Action<int, int> action, bool inRanges = false) : IParallelJob
{
    public bool InRanges => inRanges;

    public void Run(int item, int worker) => action(item, worker);
}

/// <summary>Adds up the items, counted from 1.</summary>
internal sealed class SumJob : IParallelJob
{
    private long _total;

    public long Total => Volatile.Read(ref _total);

    public void Run(int item, int worker) => Interlocked.Add(ref _total, item + 1);
}

/// <summary>Counts the rounds of each item.</summary>
internal sealed class ChainJob(int items) : IParallelJob
{
    public int[] Values { get; } = new int[items];

    // The other way each round, so that items change their workers.
    public bool InRanges => Values[0] % 2 == 0;

    // Plain reads and writes: the pool alone must order one round before the next.
    public void Run(int item, int worker) => Values[item]++;
}

/// <summary>Counts the runs of each item, and sees two on one worker.</summary>
internal sealed class CountingJob(int items, int threads, bool inRanges = false) : IParallelJob
{
    private readonly int[] _busy = new int[threads];

    public bool InRanges => inRanges;

    public int[] Runs { get; } = new int[items];

    public bool WorkerSharedOrOutOfRange { get; private set; }

    public void Run(int item, int worker)
    {
        if ((uint)worker >= (uint)threads || Interlocked.Exchange(ref _busy[worker], 1) != 0)
        {
            WorkerSharedOrOutOfRange = true;
            return;
        }

        Interlocked.Increment(ref Runs[item]);
        Volatile.Write(ref _busy[worker], 0);
    }
}
