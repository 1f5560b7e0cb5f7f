using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn eval`: how well a model does on labelled images.</summary>
internal sealed class EvalCommand : Verb
{
    private readonly Option<string?> _model = ModelOption.Create();
    private readonly LabelledData _data = new();
    private readonly Option<string?> _json = JsonFile.Option();
    private readonly Option<bool> _record = new("--record") { Description = "Write the figures into the model's file, in place of those that are there." };
    private readonly Option<string?> _augmentation = AugmentationOption.Create();
    private readonly Option<string?> _save = OutputFolder.Optional("--save", "Folder for predictions/NAME.png (class of each pixel) and overlays/NAME.png (image, truth, prediction, errors).");

    /// <summary>Creates the verb with its options.</summary>
    public EvalCommand()
        : base("eval", "Measure a model on labelled images.", "fcn eval --model demo/model.safetensors --data demo/data", "fcn eval --data camvid --tta both --json eval.json --save pictures")
    {
        Add(_model);
        _data.AddTo(this);
        Add(_json);
        Add(_save);
        Add(_record);
        Add(_augmentation);
        Validators.Add(result =>
        {
            if (result.GetResult(_augmentation) is not null && result.GetResult(_record) is not null)
            {
                result.AddError("--record is for what the model does by itself; leave out --tta");
            }
        });
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string model = ModelOption.Path(parsed, _model);
        string folder = _data.Folder(parsed);
        string? json = parsed.GetValue(_json);
        using IDevice device = Devices.Open(context.Options);
        using Segmenter segmenter = Segmenter.Load(model, device, AugmentationOption.Options(parsed, _augmentation));
        FolderDataset data = _data.Open(parsed, segmenter.Description.Classes);
        if (ClassMatch.Compare(segmenter.Description.Classes, model, data.Classes, folder) is { } difference)
        {
            context.Note("warning: " + PlainText.Of(difference));
        }

        JsonFile.Prepare(json);
        using SavedPictures? pictures = parsed.GetValue(_save) is { } save ? new SavedPictures(save, data) : null;
        context.Note(data.Summary);
        var watch = Stopwatch.StartNew();
        ConfusionMatrix confusion = Evaluate(segmenter, data, pictures, context);
        pictures?.Finish();
        watch.Stop();
        if (confusion.Total == 0)
        {
            throw new FcnSharpException($"{folder}: expected pixels with a class, found only void ({data.IgnoreIndex}) in the labels of all {data.Count} images; give the right label of void (--void).");
        }

        EvalResult result = EvalResult.From(model, folder, _data.Split(parsed), data.Count, watch.Elapsed, data.Classes, confusion);
        if (parsed.GetValue(_record))
        {
            ModelFile.Record(model, SegmentationMetrics.From(confusion).ForModel());
        }

        JsonFile.Write(json, result, EvalResultJson.Default.EvalResult, context.Output);
        if (!JsonFile.ReplacesText(json))
        {
            WriteText(result, watch.Elapsed, context.Output);
        }

        return ExitCodes.Success;
    }

    private static ConfusionMatrix Evaluate(Segmenter segmenter, FolderDataset data, SavedPictures? pictures, CommandContext context)
    {
        int images = 0;
        try
        {
            using IProgressReporter progress = context.StartProgress("Evaluating", "images");
            return Evaluator.Run(
                segmenter,
                data,
                (sample, prediction, done) =>
                {
                    pictures?.Write(sample, prediction);
                    images = done;
                    progress.Report(done, data.Count, "");
                },
                context.Stop);
        }
        catch (OperationCanceledException)
        {
            context.Note(string.Create(CultureInfo.InvariantCulture, $"Stopped after {images} of {data.Count} images; there are no figures"));
            throw;
        }
    }

    private static void WriteText(EvalResult result, TimeSpan time, TextWriter output)
    {
        string[] names = [.. result.Classes.Select(info => PlainText.Of(info.Name))];
        int width = Math.Max("class".Length, names.Max(name => name.Length));
        double pixels = result.Classes.Sum(info => info.Pixels);
        output.WriteLine($"{result.Model} on {result.Data} ({result.Split}), per cent:");
        output.WriteLine();
        output.WriteLine($"  {"class".PadRight(width)}    IoU  accuracy  pixels");
        foreach ((string name, ClassFigures info) in names.Zip(result.Classes))
        {
            output.WriteLine($"  {name.PadRight(width)}  {MetricFigures.Text(info.Iou),5}  {MetricFigures.Text(info.Accuracy),8}  {MetricFigures.Text(100 * info.Pixels / pixels),6}");
        }

        output.WriteLine();
        MetricFigures.Write(output, result.PixelAccuracy, result.MeanAccuracy, result.MeanIoU, result.FrequencyWeightedIoU);
        output.WriteLine();
        output.WriteLine($"{result.Images} images in {ProgressLine.Duration(time)}, {ProgressLine.Rate(result.ImagesPerSecond, "images")}");
    }
}
