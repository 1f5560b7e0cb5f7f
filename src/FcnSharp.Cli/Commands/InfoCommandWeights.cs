using System.Globalization;
using System.Text.Json.Serialization;
using FcnSharp.Formats;
using FcnSharp.Models;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Cli.Commands;

/// <summary>What `fcn info` tells of a file of weights that is no model of ours: its tensors, and the nets that they are of.</summary>
/// <param name="File">The path.</param>
/// <param name="Format">The format's name for people.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Parameters">Numbers of all tensors together.</param>
/// <param name="Fits">The nets of the catalogue that all weights are there for.</param>
/// <param name="Starts">The nets that `fcn convert --net` can start from these weights.</param>
/// <param name="Notes">What was decided on reading.</param>
/// <param name="Skipped">What is no tensor that is read, and why.</param>
/// <param name="Tensors">The tensors in the order of the file.</param>
internal sealed record InfoCommandWeights(
    string File,
    string Format,
    long Bytes,
    long Parameters,
    IReadOnlyList<InfoCommandFit> Fits,
    IReadOnlyList<string> Starts,
    IReadOnlyList<string> Notes,
    IReadOnlyList<InfoCommandSkipped> Skipped,
    IReadOnlyList<InfoCommandTensor> Tensors)
{
    /// <summary>Describes a file; its tensors are listed, not read.</summary>
    public static InfoCommandWeights Read(string path)
    {
        using WeightFile file = WeightFile.Open(path);
        IReadOnlyList<FittingNet> fits = NetRecognition.FindNets(file.Entries, path);
        HashSet<string> fitting = [.. fits.Select(f => f.Net)];
        return new InfoCommandWeights(
            path,
            file.Report.Format,
            new FileInfo(path).Length,
            file.Entries.Sum(e => e.Shape.ElementCount),
            [.. fits.Select(f => new InfoCommandFit(f.Net, f.Options.Classes, f.Options.Kernels == UpsamplingKernels.PerClass ? "per-class" : "full", f.Naming, f.Unused))],
            [.. Catalogue.Names.Where(net => !fitting.Contains(net) && Catalogue.Get(net).Origins.Any(fitting.Contains))],
            file.Report.Notes,
            [.. file.Report.Skipped.Select(s => new InfoCommandSkipped(s.Name, s.Reason))],
            [.. file.Entries.Select(e => new InfoCommandTensor(e.Name, e.Type.ToString(), e.Shape.ToArray()))]);
    }

    /// <summary>Writes it for people: a table of the tensors, then the rest.</summary>
    public void WriteText(TextWriter output)
    {
        string[][] rows = [["tensor", "type", "shape"], .. Tensors.Select(t => (string[])[Printable(t.Name), t.Type, t.Shape.Count == 0 ? "scalar" : string.Join('x', t.Shape)])];
        int[] widths = [.. Enumerable.Range(0, 2).Select(i => rows.Max(r => r[i].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine($"{row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2]}");
        }

        output.WriteLine();
        foreach ((string name, string value) in Totals())
        {
            output.WriteLine(name.PadRight(12) + value);
        }
    }

    private IEnumerable<(string Name, string Value)> Totals()
    {
        yield return ("file", File);
        yield return ("format", string.Create(CultureInfo.InvariantCulture, $"{Format}, {ByteSize.Format(Bytes)}"));
        yield return ("tensors", string.Create(CultureInfo.InvariantCulture, $"{Tensors.Count}, {Parameters:N0} numbers"));
        foreach (string note in Notes)
        {
            yield return ("note", Printable(note));
        }

        foreach (InfoCommandSkipped skipped in Skipped)
        {
            yield return ("skipped", $"{Printable(skipped.Name)} ({Printable(skipped.Reason)})");
        }

        foreach (InfoCommandFit fit in Fits)
        {
            string unused = fit.Unused == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {fit.Unused} tensors unused");
            yield return ("fits", string.Create(CultureInfo.InvariantCulture, $"{fit.Net}, {fit.Classes} classes{(fit.Kernels == "full" ? "" : ", per-class kernels")}, named as {fit.Naming} does{unused}"));
        }

        if (Fits.Count == 0)
        {
            yield return ("fits", "no net of the catalogue");
        }

        if (Starts.Count > 0)
        {
            yield return ("starts", $"{string.Join(", ", Starts)} (fcn convert --net)");
        }
    }

    /// <summary>A file may name its tensors by anything, line ends and control sequences too.</summary>
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>A net that all weights are there for.</summary>
internal sealed record InfoCommandFit(string Net, int Classes, string Kernels, string Naming, int Unused);

/// <summary>Something that is not read as a tensor.</summary>
internal sealed record InfoCommandSkipped(string Name, string Reason);

/// <summary>A tensor as the file has it.</summary>
internal sealed record InfoCommandTensor(string Name, string Type, IReadOnlyList<int> Shape);

/// <summary>Writes the description as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(InfoCommandWeights))]
internal sealed partial class InfoCommandWeightsJson : JsonSerializerContext;
