using System.Diagnostics;
using System.Runtime;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Times one case: planned once, warmed up, then the median of runs for a quarter of a second; bench/peers do the same.</summary>
internal static class BenchRunner
{
    private const int WarmUpRounds = 3;
    private const int WarmUpRuns = 32;
    private const int LeastWarmUpRuns = 2;
    private const int LeastRuns = 7;
    private static readonly TimeSpan WarmUpBudget = TimeSpan.FromSeconds(0.15);
    private static readonly TimeSpan CompilerQuiet = TimeSpan.FromSeconds(Environment.ProcessorCount == 1 ? 1.2 : 0.2);
    private static readonly TimeSpan CompilerLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CompilerPoll = TimeSpan.FromSeconds(0.02);
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(0.25);

    /// <summary>Measures a case.</summary>
    public static BenchResult Run(BenchCase benchCase, IDevice device, int threads, double peakGflops, CancellationToken cancellation)
    {
        using var bench = new BenchProgram(benchCase.Name, device, constantWeights: benchCase.Pass == BenchPass.Forward);
        benchCase.Write(bench);
        TensorProgram program = bench.Build();
        using IDevicePlan plan = device.Plan(program);
        using IExecution execution = plan.Begin();
        bench.WriteData(execution);

        WarmUp(execution, cancellation);
        double seconds = Median(execution, cancellation);
        long multiplyAdds = program.Operations.Sum(o => o.MultiplyAdds);
        double? gflops = multiplyAdds == 0 ? null : Math.Round(2e-9 * multiplyAdds / seconds, 1);
        double? peakPercent = gflops is null ? null : Math.Round(100 * gflops.Value / peakGflops, 1);
        long bytes = MovedBytes(program);
        return new BenchResult(
            benchCase.Name, benchCase.Pass, benchCase.Count, threads, Math.Round(1e3 * seconds, 4), gflops, peakPercent, bytes, Math.Round(1e-9 * bytes / seconds, 1), benchCase.Geometry);
    }

    /// <summary>Inputs, weights and outputs of a program, each once; what operations exchange could stay in caches.</summary>
    internal static long MovedBytes(TensorProgram program) =>
        program.Values.Where(v => v.Role != ValueRole.Intermediate || v.IsOutput).Sum(v => v.Shape.ElementCount * sizeof(float));

    /// <summary>
    /// The runtime compiles a method anew, and well, in the background, once it was called 30 times after a tenth of a second in which
    /// nothing new was called (a second with one processor). Until then it may be several times slower. So each round makes the calls and waits for the compiler; the
    /// last one ends with runs, so that caches and clock are as in the runs that count, and long enough for threads that slept to be on processors of their own.
    /// </summary>
    private static void WarmUp(IExecution execution, CancellationToken cancellation)
    {
        for (int round = 1; round <= WarmUpRounds; round++)
        {
            var watch = Stopwatch.StartNew();
            for (int run = 0; run < LeastWarmUpRuns || ((run < WarmUpRuns || round == WarmUpRounds) && watch.Elapsed < WarmUpBudget); run++)
            {
                execution.Run(cancellation);
            }

            if (round < WarmUpRounds)
            {
                WaitForCompiler();
            }
        }
    }

    private static void WaitForCompiler()
    {
        var total = Stopwatch.StartNew();
        var quiet = Stopwatch.StartNew();
        long methods = JitInfo.GetCompiledMethodCount();
        while (quiet.Elapsed < CompilerQuiet && total.Elapsed < CompilerLimit)
        {
            Thread.Sleep(CompilerPoll);
            if (JitInfo.GetCompiledMethodCount() is var now && now != methods)
            {
                methods = now;
                quiet.Restart();
            }
        }
    }

    private static double Median(IExecution execution, CancellationToken cancellation)
    {
        List<double> times = [];
        var watch = Stopwatch.StartNew();
        while (times.Count < LeastRuns || watch.Elapsed < Budget)
        {
            long start = Stopwatch.GetTimestamp();
            execution.Run(cancellation);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }
}
