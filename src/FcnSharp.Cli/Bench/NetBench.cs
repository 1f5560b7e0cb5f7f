using System.Diagnostics;
using System.Text.Json.Serialization;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Bench;

/// <summary>What was measured of a whole net.</summary>
/// <param name="Net">Its name in the catalogue.</param>
/// <param name="Pass">"inference": scores to classes; "training": forward, summed loss, backward, SGD with momentum and decay.</param>
/// <param name="Size">Height x width of the image; the batch is 1.</param>
/// <param name="Padding">"tight" or "reference".</param>
/// <param name="Threads">Threads it ran on.</param>
/// <param name="Ms">Median time of a run in milliseconds.</param>
/// <param name="MinMs">The shortest.</param>
/// <param name="Runs">Runs that were timed.</param>
/// <param name="SteadyBytes">Memory of the process after the runs.</param>
/// <param name="PeakBytes">The most memory that the process had.</param>
internal sealed record NetBenchResult(string Net, string Pass, string Size, string Padding, int Threads, double Ms, double MinMs, int Runs, long SteadyBytes, long PeakBytes);

/// <summary>Times a whole net of the catalogue, with random weights and a random image.</summary>
internal static class NetBench
{
    /// <summary>Forward to the class of each pixel.</summary>
    public const string Inference = "inference";

    /// <summary>A step of training.</summary>
    public const string Training = "training";

    private const int WarmUpRuns = 3;
    private const int LeastRuns = 5;
    private const int MostRuns = 50;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(4);

    /// <summary>Measures a net.</summary>
    /// <param name="net">Its name.</param>
    /// <param name="options">Its options.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="training">Whether steps of training are timed.</param>
    /// <param name="device">What computes.</param>
    /// <param name="threads">Its threads.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    public static NetBenchResult Run(string net, NetOptions options, int height, int width, bool training, IDevice device, int threads, CancellationToken cancellation)
    {
        using var network = new Network(Catalogue.Build(net, options), device);
        network.Initialize(seed: 1);
        var shapes = new Dictionary<string, Shape> { ["image"] = new Shape(1, options.InputChannels ?? 3, height, width) };
        if (training)
        {
            shapes["labels"] = new Shape(1, 1, height, width);
        }
        else
        {
            network.FreezeParameters();
        }

        CompiledNet compiled = network.Compile(training ? CompileTarget.Train("loss") : CompileTarget.Inference("classes"), shapes);
        var image = new Tensor(shapes["image"]);
        BenchData.Fill(image.Span, 1, scale: 60);
        int[] labels = [.. Enumerable.Range(0, height * width).Select(i => i / 64 % options.Classes)];
        using Solver? solver = training ? new SgdSolver(network, momentum: 0.99f) : null;
        using IExecution execution = compiled.Plan.Begin();

        // The weights' files and what built the net are no part of what runs.
        GC.Collect();
        List<double> times = [];
        var watch = new Stopwatch();
        for (int run = -WarmUpRuns; run < LeastRuns || (run < MostRuns && watch.Elapsed < Budget); run++)
        {
            if (run == 0)
            {
                watch.Start();
            }

            long start = Stopwatch.GetTimestamp();
            execution.Write(compiled.Inputs["image"], image.Span);
            if (training)
            {
                execution.Write(compiled.Inputs["labels"], labels);
            }

            execution.Run(cancellation);
            solver?.Step(run + WarmUpRuns + 1, learningRate: 1e-10f, weightDecay: 5e-4f);
            if (run >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        times.Sort();
        using var process = Process.GetCurrentProcess();
        return new NetBenchResult(
            net, training ? Training : Inference, $"{height}x{width}", options.Padding == BorderPadding.Tight ? "tight" : "reference", threads,
            Math.Round(times[times.Count / 2], 2), Math.Round(times[0], 2), times.Count, process.WorkingSet64, process.PeakWorkingSet64);
    }
}

/// <summary>Writes the result as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NetBenchResult))]
internal sealed partial class NetBenchJson : JsonSerializerContext;
