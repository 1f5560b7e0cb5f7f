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
    private readonly Option<string?> _model = ModelOption.Create();
    private readonly Option<string> _out = OutputFolder.Option("Folder for NAME.png (class of each pixel) and NAME.overlay.png.", "predictions");
    private readonly Option<bool> _confidence = new("--confidence") { Description = "Also write NAME.confidence.png: how probable the class of each pixel is, 16-bit grey from 0 (black) to 65535 (certain)." };

    /// <summary>Creates the verb with its options.</summary>
    public PredictCommand()
        : base("predict", "Segment images with a trained model.", "fcn predict street.png --out out")
    {
        Add(_images);
        Add(_model);
        Add(_out);
        Add(_confidence);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string[] images = parsed.GetRequiredValue(_images);
        string folder = parsed.GetRequiredValue(_out);
        bool confidence = parsed.GetValue(_confidence);
        ImageArguments.CheckOutputs(images, image =>
        {
            OutputFiles files = OutputFiles.Of(image, folder);
            return confidence ? [files.Labels, files.Overlay, files.Confidence] : [files.Labels, files.Overlay];
        });
        using IDevice device = Devices.Open(context.Options);
        using Segmenter segmenter = Segmenter.Load(ModelOption.Path(parsed, _model), device);
        Palette palette = Palette.Of(segmenter.Description.Classes);
        using IProgressReporter progress = context.StartProgress("Predicting", "images");
        for (int i = 0; i < images.Length; i++)
        {
            RgbImage image = ImageFile.Read(images[i]);
            OutputFiles files = OutputFiles.Of(images[i], folder);
            LabelMap labels = confidence ? SegmentWithConfidence(segmenter, image, files.Confidence, context.Stop) : segmenter.Segment(image, context.Stop);

            // Not before, because a damaged model is told of by its first use and then leaves no folder behind.
            OutputFolder.Create(folder);
            PngFile.WriteLabels(files.Labels, labels, palette);
            PngFile.WriteRgb(files.Overlay, Overlay.Blend(image, labels, palette, OverlayOpacity));
            progress.Report(i + 1, images.Length, "");
        }

        return ExitCodes.Success;
    }

    private static LabelMap SegmentWithConfidence(Segmenter segmenter, RgbImage image, string path, CancellationToken stop)
    {
        (LabelMap labels, float[] probabilities) = segmenter.SegmentWithConfidence(image, stop);
        OutputFolder.Create(Path.GetDirectoryName(path)!);
        PngFile.WriteGrey16(path, image.Width, image.Height, [.. probabilities.Select(p => (ushort)MathF.Round(p * ushort.MaxValue))]);
        return labels;
    }

    /// <summary>What is written for an image.</summary>
    private sealed record OutputFiles(string Labels, string Overlay, string Confidence)
    {
        public static OutputFiles Of(string image, string folder)
        {
            string name = Path.Combine(folder, Path.GetFileNameWithoutExtension(image));
            return new(name + ".png", name + ".overlay.png", name + ".confidence.png");
        }
    }
}
