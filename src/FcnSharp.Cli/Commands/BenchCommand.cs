using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using System.Text.Json;
using FcnSharp.Cli.Bench;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn bench`: how fast the primitives are here, at the shapes of real nets.</summary>
internal sealed class BenchCommand : Verb
{
    private readonly Option<string> _only = new("--only") { Description = "Time the cases whose name or pass fits, * for any characters.", DefaultValueFactory = _ => "*", HelpName = "pattern" };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON array for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public BenchCommand()
        : base("bench", "Time the primitives at the shapes of real nets.", "fcn bench --only '*conv3*' --threads 2")
    {
        Add(_only);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string pattern = parsed.GetRequiredValue(_only);
        BenchCase[] cases = [.. BenchCases.All.Where(c => FileSystemName.MatchesSimpleExpression(pattern, c.Name) || FileSystemName.MatchesSimpleExpression(pattern, c.Pass))];
        if (cases.Length == 0)
        {
            throw new UsageException($"no case fits '{pattern}'; the first is '{BenchCases.All[0].Name}'");
        }

        using IDevice device = Devices.Open(context.Options);
        WorkerPool workers = WorkerPool.Shared;
        double peak = FmaPeak.Measure(workers, KernelSet.Best);
        context.Note(string.Create(CultureInfo.InvariantCulture, $"{device.Description}; peak {peak:0} GFLOP/s"));
        List<BenchResult> results = [];
        using (IProgressReporter progress = context.StartProgress("Timing", "cases"))
        {
            foreach (BenchCase each in cases)
            {
                results.Add(BenchRunner.Run(each, device, workers.Threads, peak, context.Stop));
                progress.Report(results.Count, cases.Length, each.Name);
            }
        }

        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(results, BenchResultJson.Default.IReadOnlyListBenchResult));
        }
        else
        {
            WriteTable(results, context.Output);
        }

        return ExitCodes.Success;
    }

    private static void WriteTable(List<BenchResult> results, TextWriter output)
    {
        int width = results.Max(r => r.Case.Length);
        output.WriteLine($"{"case".PadRight(width)}  {"pass",-15} {"ms",9} {"GFLOP/s",8} {"peak",6}  memory");
        foreach (BenchResult r in results)
        {
            string gflops = r.Gflops?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-";
            string peak = r.PeakPercent is { } percent ? percent.ToString("0", CultureInfo.InvariantCulture) + " %" : "-";
            output.WriteLine($"{r.Case.PadRight(width)}  {r.Pass,-15} {r.Ms.ToString("0.000", CultureInfo.InvariantCulture),9} {gflops,8} {peak,6}  {ByteSize.Format(r.Bytes)}");
        }
    }
}
