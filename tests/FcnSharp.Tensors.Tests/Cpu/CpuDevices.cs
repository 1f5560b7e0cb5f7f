using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Tensors.Tests.Cpu;

/// <summary>The devices that every kernel is tested on: each instruction set of this machine with 1 to 5 threads.</summary>
internal static class CpuDevices
{
    private static readonly Dictionary<int, WorkerPool> Pools = new[] { 1, 2, 3, 5 }.ToDictionary(n => n, n => new WorkerPool(n));

    private static readonly WorkerPool LastItemFirst = new(1, lastItemFirst: true);

    public static IEnumerable<int> ThreadCounts => Pools.Keys;

    public static IEnumerable<KernelSet> KernelSets => KernelSet.All.Where(s => s.IsSupported);

    /// <summary>A device that computes sums of products as they are defined, unless told otherwise.</summary>
    public static CpuDevice Create(KernelSet kernels, int threads, Precision precision = Precision.Exact) => new(Pools[threads], kernels, precision);

    /// <summary>
    /// Runs something on every device, and compares the bits of its results over the thread counts of a kernel set and with the items
    /// of its work in the opposite order; the results for one thread go to <paramref name="check"/>.
    /// </summary>
    public static void ForEach(Func<CpuDevice, Action<IDevicePlan>, float[][]> run, Action<string, float[][]> check, Precision precision = Precision.Exact)
    {
        foreach (KernelSet kernels in KernelSets)
        {
            float[][]? first = null;
            foreach ((string pool, WorkerPool workers) in NamedPools())
            {
                using var device = new CpuDevice(workers, kernels, precision);
                float[][] results = run(device, plan => Poison(device, plan));
                if (first is null)
                {
                    check(kernels.Name, first = results);
                }

                for (int i = 0; i < results.Length; i++)
                {
                    FcnSharp.TestKit.TensorAssert.SameBits($"{kernels.Name}, {pool}, result {i}", first[i], results[i]);
                }
            }
        }
    }

    private static IEnumerable<(string Name, WorkerPool Workers)> NamedPools() =>
        Pools.Select(p => ($"{p.Key} threads", p.Value)).Append(("last item first", LastItemFirst));

    /// <summary>Leaves an arena full of NaN for the plan's next execution: what a kernel forgets to write is then seen.</summary>
    public static unsafe void Poison(HostDevice device, IDevicePlan plan)
    {
        NativeBuffer arena = device.Arenas.Rent(plan.Memory.ArenaBytes);
        for (long i = 0; i < arena.Bytes; i++)
        {
            arena.Pointer[i] = 0xFF;
        }

        device.Arenas.Return(arena);
    }
}
