using System.CommandLine;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn predict`: label maps and overlays of images, by a trained model.</summary>
internal sealed class PredictCommand : Verb
{
    private const double OverlayOpacity = 0.6;
    private readonly Argument<string[]> _images = new("image") { Description = "PNG images.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _model = new("--model") { Description = "A model file, such as demo/model.safetensors.", Required = true, HelpName = "file" };
    private readonly Option<string> _out = new("--out") { Description = "Folder for NAME.png (class of each pixel) and NAME.overlay.png.", Required = true, HelpName = "folder" };

    /// <summary>Creates the verb with its options.</summary>
    public PredictCommand()
        : base("predict", "Segment images with a trained model.", "fcn predict --model demo/model.safetensors street.png --out out")
    {
        Add(_images);
        Add(_model);
        Add(_out);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string[] images = parsed.GetRequiredValue(_images);
        string folder = parsed.GetRequiredValue(_out);
        CheckNames(images);
        using IDevice device = Devices.Open(context.Options);
        using Segmenter segmenter = Segmenter.Load(parsed.GetRequiredValue(_model), device);
        Palette palette = Palette.Of(segmenter.Description.Classes);
        Directory.CreateDirectory(folder);
        using IProgressReporter progress = context.StartProgress("Predicting", "images");
        for (int i = 0; i < images.Length; i++)
        {
            RgbImage image = PngFile.ReadRgb(images[i]);
            LabelMap labels = segmenter.Segment(image, context.Stop);
            string name = Path.GetFileNameWithoutExtension(images[i]);
            PngFile.WriteLabels(Path.Combine(folder, name + ".png"), labels, palette);
            PngFile.WriteRgb(Path.Combine(folder, name + ".overlay.png"), Overlay.Blend(image, labels, palette, OverlayOpacity));
            progress.Report(i + 1, images.Length, "");
        }

        return ExitCodes.Success;
    }

    /// <summary>Two images of one name would overwrite each other's results.</summary>
    private static void CheckNames(string[] images)
    {
        string? twice = images.GroupBy(Path.GetFileNameWithoutExtension, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null)
        {
            throw new FcnSharpException($"Two images are named {twice}: their results would overwrite each other; predict them into two folders.");
        }
    }
}
