using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FcnSharp.Cli.Demo;
using FcnSharp.Cli.Hosting;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn demo`: from nothing to a trained net and segmented pictures.</summary>
internal sealed class DemoCommand : Verb
{
    private readonly Option<string> _out = OutputFolder.Option("Folder for everything that is written.", "demo");
    private readonly Option<int> _train = Numbers.WholeNumber("--train", "Scenes to train on.", 1000, minimum: 1, maximum: 1_000_000);
    private readonly Option<int> _val = Numbers.WholeNumber("--val", "Scenes to hold out.", 60, minimum: 1, maximum: 100_000);
    private readonly Option<int> _size = Numbers.WholeNumber("--size", "Side of a scene in pixels.", 128, minimum: 16, maximum: 4096);
    private readonly Option<int> _steps = Numbers.WholeNumber("--steps", "Training steps of two scenes.", 7000, minimum: 1);
    private readonly Option<int> _seed = Numbers.WholeNumber("--seed", "Seed of scenes, weights and order.", 1337, minimum: 0);
    private readonly Option<bool> _json = new("--json") { Description = "Write the figures as one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public DemoCommand()
        : base("demo", "Draw labelled scenes, train a mini FCN-8s on them, measure it and show what it sees.", "fcn demo --out demo")
    {
        Add(_out);
        Add(_train);
        Add(_val);
        Add(_size);
        Add(_steps);
        Add(_seed);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        var settings = new DemoSettings(
            parsed.GetRequiredValue(_out),
            parsed.GetValue(_train),
            parsed.GetValue(_val),
            parsed.GetValue(_size),
            parsed.GetValue(_steps),
            parsed.GetValue(_seed));
        using IDevice device = Devices.Open(context.Options);
        DemoResult result = new DemoRun(settings, device, context).Run();
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(result, DemoResultJson.Default.DemoResult));
        }
        else
        {
            WriteText(result, settings, context.Output);
        }

        return ExitCodes.Success;
    }

    /// <summary>A resumed run knows the time of its own part only.</summary>
    private static string TrainedText(DemoResult result) => result.ResumedAt switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"Trained in {result.TrainSeconds:0} s, {result.ImagesPerSecond:0} images/s."),
        var step when step == result.Steps => "Trained by the run before.",
        var step => string.Create(CultureInfo.InvariantCulture, $"Trained from step {step} on in {result.TrainSeconds:0} s, {result.ImagesPerSecond:0} images/s."),
    };

    private static void WriteText(DemoResult result, DemoSettings settings, TextWriter output)
    {
        output.WriteLine($"On {result.Images} held-out scenes, per cent:");
        output.WriteLine();
        MetricFigures.Write(output, result.PixelAccuracy, result.MeanAccuracy, result.MeanIoU, result.FrequencyWeightedIoU);
        output.WriteLine();
        foreach (DemoClass entry in result.Classes)
        {
            output.WriteLine($"  IU {entry.Name,-13} {MetricFigures.Text(entry.Iou),5}");
        }

        output.WriteLine();
        output.WriteLine($"{TrainedText(result)} Look at:");
        output.WriteLine();
        output.WriteLine($"  {settings.Report}");
        output.WriteLine($"  {settings.Overlays}  (image | truth | prediction | errors)");
        output.WriteLine($"  {settings.Predictions}  (label maps)");
        output.WriteLine($"  {settings.Model}");
        output.WriteLine();
        output.WriteLine("Segment an image of your own with this model:");
        output.WriteLine();
        output.WriteLine($"  {CommandName.Current} predict --model {settings.Model} IMAGE.png --out OUT");
    }
}
