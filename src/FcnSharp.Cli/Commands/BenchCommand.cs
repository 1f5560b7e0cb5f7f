using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using System.Text.Json;
using FcnSharp.Cli.Bench;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Formats;
using FcnSharp.Models;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn bench`: how fast the primitives are here, at the shapes of real nets.</summary>
internal sealed class BenchCommand : Verb
{
    private const int DefaultSide = 500;

    private readonly Option<string[]> _only = new("--only") { Description = "Time the cases whose name, pass or \"name pass\" fits, * for any characters; may be repeated.", HelpName = "pattern" };
    private readonly Option<bool> _list = new("--list") { Description = "Name the cases instead of timing them." };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON array for other programs." };

    private readonly Option<string?> _net = new("--net") { Description = "Time a whole net of the catalogue instead, or the net of a model file.", HelpName = "name|file" };
    private readonly Option<(int Height, int Width)?> _size = new("--size") { Description = "Size of the net's image; 500x500 if not given.", HelpName = "HxW", CustomParser = ImageSize.Parse };
    private readonly Option<bool> _reference = new("--reference-padding") { Description = "The net with the reference's border of 100 pixels." };
    private readonly Option<bool> _train = new("--train") { Description = "Time steps of training of the net, not inference." };

    /// <summary>Creates the verb with its options.</summary>
    public BenchCommand()
        : base("bench", "Time the primitives at the shapes of real nets, or a whole net.", "fcn bench --only 'vgg16-500/conv3*' --threads 2", "fcn bench --net fcn8s-googlenet --size 360x480 --train")
    {
        _net.CompletionSources.Add([.. Catalogue.Names]);
        Add(_only);
        Add(_list);
        Add(_net);
        Add(_size);
        Add(_reference);
        Add(_train);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        if (parsed.GetValue(_net) is { } net)
        {
            return RunNet(net, parsed, context);
        }

        if (parsed.GetValue(_size) is not null || parsed.GetValue(_reference) || parsed.GetValue(_train))
        {
            throw new UsageException($"--size, --reference-padding and --train are of a net: name one with --net, such as {Catalogue.Names[0]}");
        }

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

    private int RunNet(string netOrModel, ParseResult parsed, CommandContext context)
    {
        // With the model's own classes and layers its net can be compared with what runs it.
        ModelArchitecture? model = File.Exists(netOrModel) ? ModelFile.LoadDescription(netOrModel).Architecture : null;
        string net = model?.Name ?? netOrModel;
        if (Catalogue.Get(net).Kind != NetKind.Segmentation)
        {
            throw new UsageException($"{net} is a classifier; name a net for segmentation, such as fcn8s-vgg16");
        }

        (int height, int width) = parsed.GetValue(_size) ?? (DefaultSide, DefaultSide);
        if (model is not null && parsed.GetValue(_reference))
        {
            throw new UsageException("--reference-padding is told by the model file; leave it out");
        }

        NetOptions options = model is not null
            ? NetOptions.Parse(model.Options, netOrModel)
            : new NetOptions { Classes = Catalogue.Get(net).UsualClasses, Padding = parsed.GetValue(_reference) ? BorderPadding.Reference : BorderPadding.Tight };
        using IDevice device = Devices.Open(context.Options);
        context.Note(device.Description);
        NetBenchResult result = NetBench.Run(net, options, height, width, parsed.GetValue(_train), device, Devices.Threads(context.Options), context.Stop);
        context.Output.WriteLine(parsed.GetValue(_json)
            ? JsonSerializer.Serialize(result, NetBenchJson.Default.NetBenchResult)
            : string.Create(CultureInfo.InvariantCulture, $"{result.Net} {result.Size} {result.Padding} {result.Pass}: {result.Ms:0.0} ms (median of {result.Runs}, shortest {result.MinMs:0.0}), memory {ByteSize.Format(result.SteadyBytes)}, at most {ByteSize.Format(result.PeakBytes)}"));
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
