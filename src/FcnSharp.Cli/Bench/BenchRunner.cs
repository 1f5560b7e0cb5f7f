using System.Diagnostics;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Times one case: planned once, warmed up, then the median of runs for about a second.</summary>
internal static class BenchRunner
{
    private const int LeastRuns = 7;
    private const int MostRuns = 200;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(0.8);

    /// <summary>Measures a case.</summary>
    public static BenchResult Run(BenchCase benchCase, IDevice device, int threads, double peakGflops, CancellationToken cancellation)
    {
        using var bench = new BenchProgram(benchCase.Name, device);
        benchCase.Write(bench);
        TensorProgram program = bench.Build();
        using IDevicePlan plan = device.Plan(program);
        using IExecution execution = plan.Begin();
        bench.WriteData(execution);

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

    private static double Median(IExecution execution, CancellationToken cancellation)
    {
        execution.Run(cancellation);
        execution.Run(cancellation);
        List<double> times = [];
        var watch = Stopwatch.StartNew();
        while (times.Count < LeastRuns || (watch.Elapsed < Budget && times.Count < MostRuns))
        {
            long start = Stopwatch.GetTimestamp();
            execution.Run(cancellation);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }
}
