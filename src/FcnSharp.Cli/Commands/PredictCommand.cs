using System.CommandLine;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cli.Progress;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn predict`: label maps and overlays of images, by a trained model.</summary>
internal sealed class PredictCommand : Verb
{
    private const double OverlayOpacity = 0.6;
    private readonly Argument<string[]> _images = ImageArguments.Argument();
    private readonly Option<string> _model = new("--model") { Description = "A model file, such as demo/model.safetensors.", Required = true, HelpName = "file" };
    private readonly Option<string> _out = OutputFolder.Option("Folder for NAME.png (class of each pixel) and NAME.overlay.png.");

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
        ImageArguments.CheckOutputs(images, image =>
        {
            (string labels, string overlay) = Outputs(image, folder);
            return [labels, overlay];
        });
        using IDevice device = Devices.Open(context.Options);
        using Segmenter segmenter = Segmenter.Load(parsed.GetRequiredValue(_model), device);
        Palette palette = Palette.Of(segmenter.Description.Classes);
        using IProgressReporter progress = context.StartProgress("Predicting", "images");
        for (int i = 0; i < images.Length; i++)
        {
            RgbImage image = ImageFile.Read(images[i]);
            LabelMap labels = segmenter.Segment(image, context.Stop);

            // Not before, because a damaged model is told of by its first use and then leaves no folder behind.
            OutputFolder.Create(folder);
            (string labelPath, string overlayPath) = Outputs(images[i], folder);
            PngFile.WriteLabels(labelPath, labels, palette);
            PngFile.WriteRgb(overlayPath, Overlay.Blend(image, labels, palette, OverlayOpacity));
            progress.Report(i + 1, images.Length, "");
        }

        return ExitCodes.Success;
    }

    private static (string Labels, string Overlay) Outputs(string image, string folder)
    {
        string name = Path.GetFileNameWithoutExtension(image);
        return (Path.Combine(folder, name + ".png"), Path.Combine(folder, name + ".overlay.png"));
    }
}
