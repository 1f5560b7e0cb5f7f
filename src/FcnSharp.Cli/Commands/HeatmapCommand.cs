using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn heatmap`: where in images a class is, by a classifier made fully convolutional.</summary>
internal sealed class HeatmapCommand : Verb
{
    private const int LargestSide = 1 << 14;

    /// <summary>An object as large as half the image's shorter side is seen at the size that classifiers are trained at.</summary>
    private const int UsualWindowsPerSide = 2;

    private readonly Argument<string[]> _images = ImageArguments.Argument();
    private readonly ClassifierOptions _classifier = new();
    private readonly Option<string> _class = new("--class") { Description = "The class, by its name or index.", Required = true, HelpName = "name" };
    private readonly Option<string> _out = OutputFolder.Option("Folder for NAME.heatmap.png and NAME.overlay.png.");
    private readonly Option<int> _side = Numbers.WholeNumber("--side", "Pixels that the shorter side is resized to; twice the classifier's own size if not given.", 0, 1, LargestSide);
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public HeatmapCommand()
        : base("heatmap", "Show where in images a class is, by a classifier.", "fcn heatmap cup.png --class espresso --weights squeezenet1_0.pth --out out")
    {
        Add(_images);
        _classifier.AddTo(this);
        Add(_class);
        Add(_out);
        Add(_side);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string[] images = parsed.GetRequiredValue(_images);
        string folder = parsed.GetRequiredValue(_out);
        ImageArguments.CheckOutputs(images, image =>
        {
            (string heatmap, string overlay) = Outputs(image, folder);
            return [heatmap, overlay];
        });
        using IDevice device = Devices.Open(context.Options);
        using ClassifierOptions.NamedClassifier classifier = _classifier.Open(parsed, device);
        int index = classifier.Find(parsed.GetRequiredValue(_class));
        int side = parsed.GetValue(_side) is > 0 and var given ? given : UsualWindowsPerSide * classifier.Classifier.Size;
        OutputFolder.Create(folder);
        var results = new List<HeatmapImage>();
        using (IProgressReporter progress = context.StartProgress("Mapping", "images"))
        {
            foreach (string image in images)
            {
                results.Add(Draw(image, folder, classifier, index, side, context.Stop));
                progress.Report(results.Count, images.Length, "");
            }
        }

        if (parsed.GetValue(_json))
        {
            var all = new Heatmaps(classifier.Classifier.Net, index, classifier.Names[index], results);
            context.Output.WriteLine(JsonSerializer.Serialize(all, HeatmapsJson.Default.Heatmaps));
            return ExitCodes.Success;
        }

        foreach (HeatmapImage result in results)
        {
            context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Image}: {classifier.Names[index]} up to {result.Peak:0.0000} in {result.Rows}x{result.Columns} windows"));
            foreach (HeatmapClass top in result.Top)
            {
                context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {top.Peak:0.0000}  {top.Name} ({top.Index}), first in {top.Windows}"));
            }
        }

        return ExitCodes.Success;
    }

    private static HeatmapImage Draw(string path, string folder, ClassifierOptions.NamedClassifier classifier, int index, int side, CancellationToken stop)
    {
        RgbImage image = ImageFile.Read(path);
        ClassMap map = classifier.Classifier.Map(image, side, stop);
        float[] heat = map.ToPixels(index, image.Width, image.Height);
        (string heatmapPath, string overlayPath) = Outputs(path, folder);
        PngFile.WriteRgb(heatmapPath, HeatColors.Draw(heat, image.Width, image.Height));
        PngFile.WriteRgb(overlayPath, HeatColors.Overlay(image, heat));

        ILookup<int, int> winners = map.Winners().ToLookup(c => c);
        float[] peaks = [.. Enumerable.Range(0, map.Classes).Select(map.Peak)];
        return new HeatmapImage(path, heatmapPath, overlayPath, map.Rows, map.Columns, peaks[index],
            [.. classifier.Best(peaks).Select(s => new HeatmapClass(s.Index, s.Name, s.Probability, winners[s.Index].Count()))]);
    }

    private static (string Heatmap, string Overlay) Outputs(string image, string folder)
    {
        string name = Path.GetFileNameWithoutExtension(image);
        return (Path.Combine(folder, name + ".heatmap.png"), Path.Combine(folder, name + ".overlay.png"));
    }
}

/// <summary>The heatmaps of one class.</summary>
/// <param name="Net">The classifier.</param>
/// <param name="ClassIndex">The class.</param>
/// <param name="ClassName">What it is called.</param>
/// <param name="Images">The images.</param>
internal sealed record Heatmaps(string Net, int ClassIndex, string ClassName, IReadOnlyList<HeatmapImage> Images);

/// <summary>The heatmap of one image.</summary>
/// <param name="Image">The image's path.</param>
/// <param name="Heatmap">The picture of the probabilities.</param>
/// <param name="Overlay">The picture of the image with them over it.</param>
/// <param name="Rows">Rows of windows.</param>
/// <param name="Columns">Columns of windows.</param>
/// <param name="Peak">The class's highest probability.</param>
/// <param name="Top">The classes with the highest probabilities anywhere.</param>
internal sealed record HeatmapImage(string Image, string Heatmap, string Overlay, int Rows, int Columns, float Peak, IReadOnlyList<HeatmapClass> Top);

/// <summary>A class somewhere in an image.</summary>
/// <param name="Index">The class.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Peak">Its highest probability.</param>
/// <param name="Windows">In how many windows it is the most probable one.</param>
internal sealed record HeatmapClass(int Index, string Name, float Peak, int Windows);

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Heatmaps))]
internal sealed partial class HeatmapsJson : JsonSerializerContext;
