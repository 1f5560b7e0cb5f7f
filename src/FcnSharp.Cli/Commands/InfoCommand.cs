using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn info`: what runs, and on what.</summary>
internal sealed class InfoCommand : Verb
{
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public InfoCommand()
        : base("info", "Show the version, the runtime and what this machine offers to compute on.", "fcn info --json") =>
        Add(_json);

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        MachineInfo info = MachineInfo.Read(context.Options);
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(info, MachineInfoJson.Default.MachineInfo));
        }
        else
        {
            WriteText(info, context.Output);
        }

        return ExitCodes.Success;
    }

    private static void WriteText(MachineInfo info, TextWriter output)
    {
        (string Name, string Value)[] rows =
        [
            ("FcnSharp", info.Version),
            ("runtime", info.Runtime),
            ("system", $"{info.OperatingSystem}, {info.Architecture}"),
            ("cores", info.Cores.ToString(CultureInfo.InvariantCulture)),
            ("threads", info.Threads.ToString(CultureInfo.InvariantCulture)),
            ("vectors", VectorText(info)),
            ("kernels", KernelText(info)),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{info.AvailableMemoryBytes / (double)(1L << 30):0.0} GiB available")),
        ];
        int width = rows.Max(row => row.Name.Length) + 2;
        foreach ((string name, string value) in rows)
        {
            output.WriteLine(name.PadRight(width) + value);
        }
    }

    private static string KernelText(MachineInfo info)
    {
        string others = string.Join(", ", info.SupportedKernels.Where(name => name != info.Kernels));
        return others.Length > 0 ? $"{info.Kernels} (also {others})" : info.Kernels;
    }

    private static string VectorText(MachineInfo info)
    {
        string width = info.VectorBits > 0 ? string.Create(CultureInfo.InvariantCulture, $"{info.VectorBits} bits") : "none";
        return info.InstructionSets.Count > 0 ? $"{width} ({string.Join(", ", info.InstructionSets)})" : width;
    }
}
