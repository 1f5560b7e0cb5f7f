using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Train;
using FcnSharp.Models;
using FcnSharp.Server.Runs;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn train`: from a folder of images and labels to a model.</summary>
internal sealed class TrainCommand : Verb
{
    private readonly Option<string> _data = new("--data") { Description = "The dataset: PASCAL VOC, CamVid, Cityscapes, ADE20K, LabelMe, or images/ and labels/.", Required = true, HelpName = "folder" };
    private readonly LabelOptions _labels = new();
    private readonly Option<string> _net = new("--net") { Description = "The net, such as fcn8s-vgg16; fcn info lists them.", HelpName = "net", DefaultValueFactory = _ => "fcn8s-googlenet" };
    private readonly Option<string?> _weights = new("--weights") { Description = "Weights to start from: the net's own, a coarser FCN's or its classifier's, in any format that fcn convert reads.", HelpName = "file" };
    private readonly Option<string?> _input = InputOption.Create();
    private readonly Option<bool> _partial = new("--partial") { Description = "Allow weights that are missing, left over or of another shape." };
    private readonly Option<string> _out = OutputFolder.Option("Folder of the run; a run that is there already goes on.");
    private readonly Option<string?> _recipe = Choices.Create("--recipe", $"How to train: {string.Join(", ", Recipe.All.Select(r => r.Name))}; the first, for small data, if not given, the others are the reference's and the paper's (docs/recipes.md).", [.. Recipe.All.Select(r => r.Name)]);
    private readonly Option<bool> _staged = new("--staged") { Description = "Train 32s, then 16s from it, then 8s from that, as the reference does." };
    private readonly Option<int?> _epochs = Numbers.OptionalWholeNumber("--epochs", "Passes over the training images.", 1);
    private readonly Option<int?> _steps = Numbers.OptionalWholeNumber("--steps", "Solver steps, instead of epochs.", 1);
    private readonly Option<int?> _batch = Numbers.OptionalWholeNumber("--batch", "Images computed at once.", 1, 1024);
    private readonly Option<int?> _accumulate = Numbers.OptionalWholeNumber("--accumulate", "Batches whose gradients make one step.", 1, 1 << 20);
    private readonly Option<string?> _solver = Choices.Create("--solver", "The rule by which gradients change weights.", "sgd", "adamw");
    private readonly Option<double?> _lr = Numbers.OptionalNumber("--lr", "Learning rate at its highest.", 0);
    private readonly Option<double?> _momentum = Numbers.OptionalNumber("--momentum", "Share of the last update that SGD keeps.", 0, 1);
    private readonly Option<double?> _decay = Numbers.OptionalNumber("--decay", "Weight decay.", 0);
    private readonly Option<double?> _power = Numbers.OptionalNumber("--power", "The learning rate falls as (1 - step / steps)^power; 0 keeps it.", 0);
    private readonly Option<int?> _warmup = Numbers.OptionalWholeNumber("--warmup", "Steps over which the learning rate rises.", 0);
    private readonly Option<double?> _clip = Numbers.OptionalNumber("--clip", "Greatest length of the gradient; 0 for no bound.", 0);
    private readonly Option<(double First, double Second)?> _scale = Numbers.OptionalPair("--scale", "Random scale, least and greatest factor; 1-1 for none.", '-', "0.5-2");
    private readonly Option<string?> _crop = new("--crop") { Description = "Random crop, width x height, or none for whole images.", HelpName = "480x360" };
    private readonly Option<double?> _rotate = Numbers.OptionalNumber("--rotate", "Random rotation, farthest turn in degrees.", 0, 180);
    private readonly Option<int?> _jitter = Numbers.OptionalWholeNumber("--jitter", "Random shift, farthest in pixels.", 0, 4096);
    private readonly Option<double?> _colour = Numbers.OptionalNumber("--colour", "Strength of random brightness, contrast and saturation.", 0, 1);
    private readonly Option<string?> _mirror = Choices.Create("--mirror", "Whether images are mirrored half of the time.", "on", "off");
    private readonly Option<double?> _patches = Numbers.OptionalNumber("--patches", "Share of 32x32 patches that count in each image.", 0.001, 1);
    private readonly Option<string?> _classWeights = Choices.Create("--class-weights", "How much rare classes count: none, median (frequency balancing) or enet.", "none", "median", "enet");
    private readonly Option<string?> _upsampling = Choices.Create("--upsampling", "Transposed convolutions stay bilinear or are learned.", "bilinear", "learned");
    private readonly Option<string?> _upKernels = Choices.Create("--up-kernels", "Transposed convolutions mix classes (full) or not.", "full", "per-class");
    private readonly Option<string?> _padding = Choices.Create("--padding", "Border: tight, or the reference's pad 100.", "tight", "reference");
    private readonly Option<bool> _freeze = new("--freeze-backbone") { Description = "Train only the layers that make scores and upsample them." };
    private readonly Option<string[]> _lrMult = new("--lr-mult") { Description = "Factors of learning rate and decay by parameter names, such as 'score_*=10/1'; may be given several times.", HelpName = "pattern=x[/y]" };
    private readonly Option<int?> _evalEvery = Numbers.OptionalWholeNumber("--eval-every", "Steps between evaluations; a twelfth of the run if not given.", 1);
    private readonly Option<int?> _checkpointEvery = Numbers.OptionalWholeNumber("--checkpoint-every", "Steps between checkpoints; a twentieth of the run, at most 500, if not given.", 1);
    private readonly Option<int> _keep = Numbers.WholeNumber("--keep", "Checkpoints that are kept.", 2, 1, 1000);
    private readonly Option<int> _patience = Numbers.WholeNumber("--patience", "End after so many evaluations without a better one; 0 for never.", 0, 0);
    private readonly Option<int> _seed = Numbers.WholeNumber("--seed", "Seed of new weights, order, augmentation and dropout.", 1337, 0);
    private readonly Option<int?> _dashboard = Numbers.OptionalWholeNumber("--dashboard", "Show the run in a browser at this port of 127.0.0.1 while it goes on; 0 for any that is free.", 0, 65535);
    private readonly Option<bool> _json = new("--json") { Description = "Write the figures as one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public TrainCommand()
        : base(
            "train",
            "Train a net on your images and labels.",
            "fcn train --data demo/data --net mini-fcn8s --epochs 5 --out run",
            "fcn train --data mine --weights bvlc_googlenet.caffemodel --out mine-run",
            "fcn train --data demo/data --net mini-fcn8s --out run2 --dashboard 8090")
    {
        Option[] options =
        [
            _data, _net, _weights, _out, _recipe, _staged, _epochs, _steps, _batch, _accumulate, _solver, _lr, _momentum, _decay, _power, _warmup, _clip,
            _scale, _crop, _rotate, _jitter, _colour, _mirror, _patches, _classWeights, _upsampling, _upKernels, _padding, _freeze, _lrMult,
            _evalEvery, _checkpointEvery, _keep, _patience, _seed, _input, _partial, _dashboard, _json,
        ];
        foreach (Option option in options)
        {
            Add(option);
        }

        _labels.AddTo(this);

        _recipe.HelpName = "name";
        _net.CompletionSources.Add([.. Catalogue.Names]);
        _lrMult.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(t => t.Value).Where(t => ParameterRule.Parse(t) is null))
            {
                result.AddError($"--lr-mult needs pattern=factor or pattern=factor/factor, such as score_*=10/1, found '{text}'");
            }
        });
        _crop.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && ParseCrop(text) is null)
            {
                result.AddError($"--crop needs width and height, such as 480x360, or none, found '{text}'");
            }
        });
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        if (parsed.GetValue(_epochs) is not null && parsed.GetValue(_steps) is not null)
        {
            throw new UsageException("--epochs and --steps both tell the length; give one of them");
        }

        TrainRequest request = Request(parsed);
        using IDevice device = Devices.Open(context.Options);
        using RunsServer? dashboard = parsed.GetValue(_dashboard) is { } port ? RunsServer.Start(request.Out, port) : null;
        if (dashboard is not null)
        {
            context.Note($"The run is shown at {dashboard.Address}/runs");
        }

        TrainResult result = new TrainRun(request, device, context).Run();
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(result, TrainResultJson.Default.TrainResult));
        }
        else
        {
            WriteText(result, context.Output);
        }

        return ExitCodes.Success;
    }

    private TrainRequest Request(ParseResult parsed) => new()
    {
        Data = parsed.GetRequiredValue(_data),
        DataOptions = _labels.Read(parsed),
        Net = parsed.GetRequiredValue(_net),
        Recipe = parsed.GetValue(_recipe) is { } recipe ? Recipe.Get(recipe) : Recipe.All[0],
        Weights = parsed.GetValue(_weights),
        Input = InputOption.Parse(parsed.GetValue(_input)),
        Partial = parsed.GetValue(_partial),
        Out = parsed.GetRequiredValue(_out),
        Staged = parsed.GetValue(_staged),
        Epochs = parsed.GetValue(_epochs),
        Steps = parsed.GetValue(_steps),
        BatchSize = parsed.GetValue(_batch),
        AccumulatedBatches = parsed.GetValue(_accumulate),
        Solver = parsed.GetValue(_solver) switch { null => null, "sgd" => SolverKind.Sgd, _ => SolverKind.AdamW },
        LearningRate = parsed.GetValue(_lr),
        Momentum = parsed.GetValue(_momentum),
        WeightDecay = parsed.GetValue(_decay),
        PolyPower = parsed.GetValue(_power),
        WarmupSteps = parsed.GetValue(_warmup),
        ClipNorm = parsed.GetValue(_clip),
        Scale = parsed.GetValue(_scale),
        Crop = parsed.GetValue(_crop) is { } crop ? ParseCrop(crop) : null,
        Rotation = parsed.GetValue(_rotate),
        Jitter = parsed.GetValue(_jitter),
        Colour = parsed.GetValue(_colour),
        Mirror = parsed.GetValue(_mirror) switch { null => null, var text => text == "on" },
        PatchShare = parsed.GetValue(_patches),
        ClassWeighting = parsed.GetValue(_classWeights) switch { "median" => ClassWeighting.MedianFrequency, "enet" => ClassWeighting.Enet, _ => ClassWeighting.None },
        Upsampling = parsed.GetValue(_upsampling) switch { null => null, "bilinear" => Upsampling.Bilinear, _ => Upsampling.Learned },
        UpsamplingKernels = parsed.GetValue(_upKernels) == "per-class" ? UpsamplingKernels.PerClass : UpsamplingKernels.Full,
        Padding = Paddings.Parse(parsed.GetValue(_padding)),
        FreezesBackbone = parsed.GetValue(_freeze),
        Rules = [.. (parsed.GetValue(_lrMult) ?? []).Select(t => ParameterRule.Parse(t)!)],
        EvaluateEvery = parsed.GetValue(_evalEvery),
        CheckpointEvery = parsed.GetValue(_checkpointEvery),
        KeepCheckpoints = parsed.GetValue(_keep),
        Patience = parsed.GetValue(_patience),
        Seed = parsed.GetValue(_seed),
        CommandLine = CommandName.Current + " " + string.Join(' ', parsed.Tokens.Select(t => t.Value.Any(c => char.IsWhiteSpace(c) || c is '*' or '?') ? $"'{t.Value}'" : t.Value)),
    };

    /// <summary>Width and height; (0, 0) for none; null for what is neither.</summary>
    private static (int Width, int Height)? ParseCrop(string text)
    {
        string[] parts = text.Split('x');
        if (text == "none")
        {
            return (0, 0);
        }

        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
            && width > 0 && height > 0
            ? (width, height)
            : null;
    }

    private static void WriteText(TrainResult result, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Net} after step {result.BestStep}, on {result.Images} held-out images, per cent:"));
        output.WriteLine();
        MetricFigures.Write(output, result.PixelAccuracy, result.MeanAccuracy, result.MeanIoU, result.FrequencyWeightedIoU);
        output.WriteLine();
        int width = result.Classes.Max(c => c.Name.Length);
        foreach (ClassFigures entry in result.Classes)
        {
            output.WriteLine($"  IU {PlainText.Of(entry.Name).PadRight(width)} {MetricFigures.Text(entry.Iou),5}");
        }

        output.WriteLine();
        output.WriteLine($"{result.Report}");
        output.WriteLine($"{result.Model}");
    }
}
