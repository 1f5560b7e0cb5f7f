using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using FcnSharp.Cli.Hosting;
using FcnSharp.Formats;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn info`: what runs, and on what; or what a net, a model file or a file of weights is made of.</summary>
internal sealed class InfoCommand : Verb
{
    private readonly Argument<string?> _net = new("net") { Description = "A net's name or a model file: show its layers and what they cost; or any file of weights: show its tensors.", HelpName = "net|file", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<(int Height, int Width)?> _size = new("--size") { Description = "Height and width of the image that costs are told for.", HelpName = "HxW", CustomParser = ImageSize.Parse };
    private readonly Option<int> _classes = Numbers.WholeNumber("--classes", "Classes of the net; the usual ones if not given.", 0, 2, ushort.MaxValue);
    private readonly Option<string?> _padding = new("--padding") { Description = "Border of an FCN: tight, or the reference's 100 pixels.", HelpName = "tight|reference" };
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public InfoCommand()
        : base(
            "info",
            "Show the version, the runtime and what this machine offers to compute on, or a net layer by layer.",
            "fcn info fcn8s-vgg16 --size 500x375",
            "fcn info",
            "fcn info demo/model.safetensors --json")
    {
        _net.Validators.Add(RefuseOptions);
        _padding.CompletionSources.Add(Paddings.Words);
        _padding.Validators.Add(Paddings.RefuseOthers);
        _net.CompletionSources.Add([.. Catalogue.Names]);
        Add(_net);
        Add(_size);
        Add(_classes);
        Add(_padding);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        bool json = parsed.GetValue(_json);
        if (parsed.GetValue(_net) is { } net)
        {
            if (!Catalogue.Names.Contains(net) && File.Exists(net) && ModelFile.FindDescription(net) is null)
            {
                return DescribeWeights(parsed, net, context);
            }

            InfoCommandNet described = Describe(parsed, net);
            if (json)
            {
                context.Output.WriteLine(JsonSerializer.Serialize(described, InfoCommandNetJson.Default.InfoCommandNet));
            }
            else
            {
                described.WriteText(context.Output, context.Terminal.OutputWidth ?? int.MaxValue);
            }

            return ExitCodes.Success;
        }

        if (Given(parsed, _size) || Given(parsed, _classes) || Given(parsed, _padding))
        {
            throw new UsageException($"--size, --classes and --padding are of a net; name one of {string.Join(", ", Catalogue.Names)}");
        }

        MachineInfo info = MachineInfo.Read(context.Options);
        if (json)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(info, MachineInfoJson.Default.MachineInfo));
        }
        else
        {
            WriteText(info, context.Terminal);
        }

        return ExitCodes.Success;
    }

    private InfoCommandNet Describe(ParseResult parsed, string net)
    {
        (int, int)? size = parsed.GetValue(_size);
        if (Catalogue.Names.Contains(net))
        {
            int classes = parsed.GetValue(_classes);
            var options = new NetOptions
            {
                Classes = classes > 0 ? classes : Catalogue.Get(net).UsualClasses,
                Padding = Paddings.Parse(parsed.GetValue(_padding)) ?? BorderPadding.Tight,
            };
            return InfoCommandNet.Of(net, options, size, null);
        }

        if (!File.Exists(net))
        {
            throw new FcnSharpException($"\"{net}\" is neither a model file nor a net; there is {string.Join(", ", Catalogue.Names)}.");
        }

        if (Given(parsed, _classes) || Given(parsed, _padding))
        {
            throw new UsageException("--classes and --padding are told by the model file; leave them out");
        }

        ModelDescription description = ModelFile.LoadDescription(net);
        return InfoCommandNet.Of(description.Architecture.Name, NetOptions.Parse(description.Architecture.Options, net), size, (net, description));
    }

    private int DescribeWeights(ParseResult parsed, string path, CommandContext context)
    {
        if (Given(parsed, _size) || Given(parsed, _classes) || Given(parsed, _padding))
        {
            throw new UsageException("--size, --classes and --padding are of a net, and this is a file of weights; leave them out");
        }

        InfoCommandWeights weights = InfoCommandWeights.Read(path);
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(weights, InfoCommandWeightsJson.Default.InfoCommandWeights));
        }
        else
        {
            weights.WriteText(context.Output);
        }

        return ExitCodes.Success;
    }

    private static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>The parser takes an option that it does not know for the net.</summary>
    private static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.Count > 0 && result.Tokens[0].Value is ['-', ..] option && !File.Exists(option))
        {
            result.AddError($"unknown option '{option}'");
        }
    }

    private static void WriteText(MachineInfo info, Terminal terminal)
    {
        TextWriter output = terminal.Output;
        (string Name, string Value)[] rows =
        [
            ("FcnSharp", info.Version),
            ("runtime", info.Runtime),
            ("system", $"{info.OperatingSystem}, {info.Architecture}"),
            ("cores", info.Cores.ToString(CultureInfo.InvariantCulture)),
            ("threads", info.Threads.ToString(CultureInfo.InvariantCulture)),
            ("vectors", VectorText(info)),
            ("kernels", KernelText(info)),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{Gibibytes(info.AvailableMemoryBytes):0.0} GiB available")),
            .. info.Cuda is { } cuda ? CudaRows(cuda) : [],
        ];
        int width = rows.Max(row => row.Name.Length) + 2;
        foreach ((string name, string value) in rows)
        {
            output.WriteLine(name.PadRight(width) + value);
        }

        WriteConvolutions(info.Convolutions, output, terminal.OutputWidth ?? int.MaxValue);
    }

    /// <summary>The table that chooses algorithms; the first line of a pass that fits is taken.</summary>
    private static void WriteConvolutions(IReadOnlyList<ConvolutionTableRow> table, TextWriter output, int lineWidth)
    {
        foreach (IGrouping<string, ConvolutionTableRow> pass in table.GroupBy(row => row.Pass))
        {
            output.WriteLine();
            output.WriteLine(pass.Key);
            int width = pass.Max(row => row.Algorithm.Length) + 4;
            foreach (ConvolutionTableRow row in pass)
            {
                output.WriteLine(TextWrap.AtBlanks($"  {row.Algorithm}".PadRight(width) + row.Shapes, lineWidth, width));
            }
        }
    }

    private static IEnumerable<(string, string)> CudaRows(MachineInfoCuda cuda)
    {
        yield return ("cuda", $"{cuda.Driver} by the driver, cuDNN {cuda.Cudnn}, cuBLASLt {cuda.Cublas}, NVRTC {cuda.Nvrtc}");
        foreach (MachineInfoGpu gpu in cuda.Devices)
        {
            yield return (gpu.Id, string.Create(CultureInfo.InvariantCulture, $"{gpu.Name}, {Gibibytes(gpu.MemoryBytes):0.0} GiB, compute capability {gpu.ComputeCapability}, {gpu.Multiprocessors} multiprocessors"));
        }
    }

    private static double Gibibytes(long bytes) => bytes / (double)(1L << 30);

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
