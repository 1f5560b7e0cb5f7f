using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FcnSharp.Tensors.Cpu;

/// <summary>The fastest this machine multiplies and adds: what the rates of primitives are measured against.</summary>
public static class FmaPeak
{
    private const int Repetitions = 25;
    private const int Rounds = 200_000;

    /// <summary>Accumulators that are in flight: enough to hide the latency of two units, few enough for 16 registers.</summary>
    private const int Chains = 12;

    /// <summary>Measures the best of a few runs of multiply-adds on registers alone, on all threads of a pool at once.</summary>
    /// <returns>GFLOP/s, a multiply-add counting as two.</returns>
    public static double Measure(WorkerPool workers, KernelSet kernels)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentNullException.ThrowIfNull(kernels);
        var job = new Job(kernels);
        double best = 0;
        for (int i = 0; i < Repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            workers.Run(job, workers.Threads);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Max(best, 2.0 * Chains * kernels.Lanes * Rounds * workers.Threads / seconds * 1e-9);
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Spin<TOps, TVector>()
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct
    {
        // Values near 1 that neither grow nor shrink into slow numbers.
        TVector factor = TOps.Broadcast(0.999f);
        TVector addend = TOps.Broadcast(0.001f);
        TVector a0 = addend, a1 = addend, a2 = addend, a3 = addend, a4 = addend, a5 = addend;
        TVector b0 = addend, b1 = addend, b2 = addend, b3 = addend, b4 = addend, b5 = addend;
        for (int i = 0; i < Rounds; i++)
        {
            a0 = TOps.MultiplyAdd(a0, factor, addend);
            a1 = TOps.MultiplyAdd(a1, factor, addend);
            a2 = TOps.MultiplyAdd(a2, factor, addend);
            a3 = TOps.MultiplyAdd(a3, factor, addend);
            a4 = TOps.MultiplyAdd(a4, factor, addend);
            a5 = TOps.MultiplyAdd(a5, factor, addend);
            b0 = TOps.MultiplyAdd(b0, factor, addend);
            b1 = TOps.MultiplyAdd(b1, factor, addend);
            b2 = TOps.MultiplyAdd(b2, factor, addend);
            b3 = TOps.MultiplyAdd(b3, factor, addend);
            b4 = TOps.MultiplyAdd(b4, factor, addend);
            b5 = TOps.MultiplyAdd(b5, factor, addend);
        }

        // Without a use of every chain the loop could be left out.
        return TOps.Sum(a0) + TOps.Sum(a1) + TOps.Sum(a2) + TOps.Sum(a3) + TOps.Sum(a4) + TOps.Sum(a5)
            + TOps.Sum(b0) + TOps.Sum(b1) + TOps.Sum(b2) + TOps.Sum(b3) + TOps.Sum(b4) + TOps.Sum(b5);
    }

    private sealed class Job(KernelSet kernels) : IParallelJob
    {
        private readonly float[] _results = new float[1024];

        public void Run(int item, int worker) => _results[item % _results.Length] = kernels.Lanes switch
        {
            16 => Spin<Vector512Operations, Vector512<float>>(),
            8 => Spin<Vector256Operations, Vector256<float>>(),
            _ => Spin<Vector128Operations, Vector128<float>>(),
        };
    }
}
