using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using System.Text.Json;
using FcnSharp.Cli.Bench;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn bench`: how fast the primitives are here, at the shapes of real nets.</summary>
internal sealed class BenchCommand : Verb
{
    private readonly Option<string[]> _only = new("--only") { Description = "Time the cases whose name, pass or \"name pass\" fits, * for any characters; may be repeated.", HelpName = "pattern" };
    private readonly Option<bool> _list = new("--list") { Description = "Name the cases instead of timing them." };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON array for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public BenchCommand()
        : base("bench", "Time the primitives at the shapes of real nets.", "fcn bench --only 'vgg16-500/conv3*' --threads 2")
    {
        Add(_only);
        Add(_list);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        BenchCase[] cases = Chosen(parsed.GetValue(_only));
        bool json = parsed.GetValue(_json);
        if (parsed.GetValue(_list))
        {
            WriteList(cases, json, context.Output);
            return ExitCodes.Success;
        }

        string? kernels = context.Options.Kernels;
        using IDevice device = Devices.Open(context.Options);
        int threads = kernels == Devices.Reference ? 1 : Devices.Threads(context.Options);
        double peak = Devices.MeasurePeak(kernels);
        context.Note(string.Create(CultureInfo.InvariantCulture, $"{device.Description}; peak {peak:0} GFLOP/s"));
        List<BenchResult> results = [];
        using (IProgressReporter progress = context.StartProgress("Timing", "cases"))
        {
            foreach (BenchCase each in cases)
            {
                results.Add(BenchRunner.Run(each, device, threads, peak, context.Stop));
                progress.Report(results.Count, cases.Length, each.Name);
            }
        }

        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(results, BenchResultJson.Default.IReadOnlyListBenchResult));
        }
        else
        {
            WriteTable(results, context.Output);
        }

        return ExitCodes.Success;
    }

    private static BenchCase[] Chosen(string[]? patterns)
    {
        if (patterns is null or [])
        {
            return [.. BenchCases.All];
        }

        foreach (string pattern in patterns)
        {
            if (!BenchCases.All.Any(c => Fits(pattern, c)))
            {
                throw new UsageException($"no case fits '{pattern}'; `fcn bench --list` names all of them");
            }
        }

        return [.. BenchCases.All.Where(c => patterns.Any(p => Fits(p, c)))];
    }

    private static bool Fits(string pattern, BenchCase c) =>
        FileSystemName.MatchesSimpleExpression(pattern, c.Name) || FileSystemName.MatchesSimpleExpression(pattern, c.Pass) || FileSystemName.MatchesSimpleExpression(pattern, c.Key);

    private static void WriteList(BenchCase[] cases, bool json, TextWriter output)
    {
        if (json)
        {
            BenchEntry[] entries = [.. cases.Select(c => new BenchEntry(c.Name, c.Pass, c.Count, c.Geometry))];
            output.WriteLine(JsonSerializer.Serialize(entries, BenchResultJson.Default.IReadOnlyListBenchEntry));
            return;
        }

        foreach (BenchCase c in cases)
        {
            output.WriteLine(c.Count == 1 ? c.Key : $"{c.Key} x{c.Count}");
        }
    }

    private static void WriteTable(List<BenchResult> results, TextWriter output)
    {
        int width = results.Max(r => r.Case.Length);
        output.WriteLine($"{"case".PadRight(width)} {"pass",-16} {"ms",8} {"GFLOP/s",7} {"peak",5} {"bytes",8} {"GB/s",5}");
        foreach (BenchResult r in results)
        {
            string gflops = r.Gflops?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-";
            string peak = r.PeakPercent is { } percent ? percent.ToString("0", CultureInfo.InvariantCulture) + " %" : "-";
            string ms = r.Ms.ToString("0.000", CultureInfo.InvariantCulture);
            string rate = r.GbPerS.ToString("0.0", CultureInfo.InvariantCulture);
            string count = r.Count == 1 ? "" : $" x{r.Count}";
            output.WriteLine($"{r.Case.PadRight(width)} {r.Pass,-16} {ms,8} {gflops,7} {peak,5} {ByteSize.Format(r.Bytes),8} {rate,5}{count}");
        }
    }
}
