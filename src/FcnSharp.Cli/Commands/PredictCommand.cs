using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Predict;
using FcnSharp.Cli.Progress;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn predict`: label maps and overlays of images, by a trained model.</summary>
internal sealed class PredictCommand : Verb
{
    private const long DefaultMemory = 1_000_000_000;

    private readonly Argument<string[]> _images = ImageArguments.Sources();
    private readonly Option<string[]> _lists = new("--list") { Description = "Also the images and folders that this file names, one a line; may be repeated.", HelpName = "file", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _model = ModelOption.Create();
    private readonly Option<string> _out = OutputFolder.Option("Folder for NAME.png (class of each pixel) and NAME.overlay.png; folders below a given one are kept.", "predictions");
    private readonly Option<bool> _confidence = new("--confidence") { Description = "Also write NAME.confidence.png: how probable the class of each pixel is, 16-bit grey from 0 (black) to 65535 (certain)." };
    private readonly Option<string?> _tile = Choices.Create(
        "--tile",
        "How to compute images that do not fit --memory as a whole. auto (the default) and exact cut them into tiles with all of their surroundings that count: the classes are the same, but for ties of scores. fast takes a quarter of these surroundings: quicker, but near the seams of tiles classes may differ. off never cuts.",
        "auto",
        "exact",
        "fast",
        "off");
    private readonly Option<long?> _memory = MemorySize.Option("--memory", "Memory for the computation and for the images under way, beside the model's own, such as 500MB; with more, tiles are larger and take less time. [default: 1GB]");
    private readonly Option<string?> _augmentation = AugmentationOption.Create();
    private readonly Option<bool> _resume = new("--resume") { Description = "Skip images whose results are all there, such as after Ctrl-C." };
    private readonly Option<Shard?> _shard = Shard.Option();
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public PredictCommand()
        : base("predict", "Segment images with a trained model.", "fcn predict street.png photos --out out", "fcn predict --model demo/model.safetensors street.png --confidence", "fcn predict 'photos/**/*.jpg' @list.txt --out out --resume --json")
    {
        Add(_images);
        Add(_lists);
        Add(_model);
        Add(_out);
        Add(_confidence);
        Add(_tile);
        Add(_memory);
        Add(_augmentation);
        Add(_resume);
        Add(_shard);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetResult(_images) is null or { Tokens.Count: 0 } && result.GetResult(_lists) is null)
            {
                result.AddError("predict needs images: files, folders, patterns, @list.txt, or - for paths from standard input");
            }

            if (result.GetResult(_augmentation) is not null && result.GetValue(_tile) is "exact" or "fast")
            {
                result.AddError("--tta looks at images as a whole, and --tile cuts them; leave out one of them");
            }
        });
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string folder = parsed.GetRequiredValue(_out);
        bool confidence = parsed.GetValue(_confidence);
        ImageSources sources = Find(parsed, folder, context);
        IReadOnlyList<PredictImage> all = sources.Images;
        ImageArguments.CheckOutputs([.. all.Select(image => (image.Path, PredictOutputs.Of(image, folder, confidence).All))]);

        // After the check, so that each of the machines finds what is wrong with the images of all.
        IReadOnlyList<PredictImage> share = parsed.GetValue(_shard)?.Of(all) ?? all;
        IReadOnlyList<PredictImage> open = parsed.GetValue(_resume) ? [.. share.Where(image => !PredictOutputs.Of(image, folder, confidence).Exist)] : share;
        using IDevice device = Devices.Open(context.Options);
        using Segmenter segmenter = Segmenter.Load(ModelOption.Path(parsed, _model), device, AugmentationOption.Options(parsed, _augmentation));

        int skipped = share.Count - open.Count;
        using IProgressReporter progress = context.StartProgress("Predicting", "images", skipped);
        PredictTally tally = new(progress, skipped, share.Count, context.Note);
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            TileMode tile = segmenter.Options.TestTimeAugmentation is not null ? TileMode.Off : Enum.Parse<TileMode>(parsed.GetValue(_tile) ?? nameof(TileMode.Auto), ignoreCase: true);
            PredictSettings settings = new(folder, confidence, tile, parsed.GetValue(_memory) ?? DefaultMemory);
            PredictPipeline.Run(open, segmenter, settings, tally, context.Stop);
        }
        catch (Exception e) when (e is OperationCanceledException or FcnSharpException)
        {
            progress.Dispose();
            WriteFailures([.. sources.Failures, .. tally.Failures], context);
            if (e is OperationCanceledException || tally.Images > 0)
            {
                context.Note(string.Create(CultureInfo.InvariantCulture, $"{tally.Images} of {open.Count} images are done; the same command with --resume goes on from there"));
            }

            throw;
        }

        double seconds = watch.Elapsed.TotalSeconds;
        progress.Dispose();
        IReadOnlyList<PredictFailure> failed = [.. sources.Failures, .. tally.Failures];
        WriteFailures(failed, context);
        if (parsed.GetValue(_json))
        {
            PredictSummary summary = new(tally.Images, failed, skipped, tally.Images / seconds, seconds, tally.Cuts);
            context.Output.WriteLine(JsonSerializer.Serialize(summary, PredictSummaryJson.Default.PredictSummary));
        }

        return failed.Count > 0 ? ExitCodes.Failure : ExitCodes.Success;
    }

    private ImageSources Find(ParseResult parsed, string folder, CommandContext context)
    {
        ImageSources sources = new(folder);
        foreach (string argument in parsed.GetValue(_images) ?? [])
        {
            sources.Add(argument, context.Terminal.Input);
        }

        foreach (string list in parsed.GetValue(_lists) ?? [])
        {
            sources.AddList(list);
        }

        return sources;
    }

    private static void WriteFailures(IReadOnlyList<PredictFailure> failures, CommandContext context)
    {
        foreach (PredictFailure failure in failures)
        {
            context.Terminal.WriteErrorLine(PlainText.Of($"error: {failure.Path}: {failure.Reason}"));
        }
    }
}
