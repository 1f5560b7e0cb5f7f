using System.Diagnostics;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Times one case: planned once, warmed up, then the median of runs for about a second.</summary>
internal static class BenchRunner
{
    private const int LeastRuns = 5;
    private const int MostRuns = 200;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(0.8);

    /// <summary>Measures a case.</summary>
    public static BenchResult Run(BenchCase benchCase, IDevice device, int threads, double peakGflops, CancellationToken cancellation)
    {
        List<IDeviceTensor> owned = [];
        try
        {
            var builder = new ProgramBuilder(benchCase.Name);
            benchCase.Write(builder, device, owned);
            TensorProgram program = builder.Build();
            using IDevicePlan plan = device.Plan(program);
            using IExecution execution = plan.Begin();
            foreach (ProgramValue input in program.Values.Where(v => v.Role == ValueRole.Input))
            {
                var values = new Tensor(input.Shape);
                BenchData.Fill(values.Span, 100 + (ulong)input.Id, scale: 1);
                execution.Write(input, values.Span);
            }

            double seconds = Median(execution, cancellation);
            long multiplyAdds = program.Operations.Sum(o => o.MultiplyAdds);
            double? gflops = multiplyAdds == 0 ? null : Math.Round(2e-9 * multiplyAdds / seconds, 1);
            return new BenchResult(benchCase.Name, benchCase.Pass, threads, Math.Round(1e3 * seconds, 3), gflops, gflops is null ? null : Math.Round(100 * gflops.Value / peakGflops, 1), plan.Memory.ArenaBytes, benchCase.Geometry);
        }
        finally
        {
            owned.ForEach(tensor => tensor.Dispose());
        }
    }

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
