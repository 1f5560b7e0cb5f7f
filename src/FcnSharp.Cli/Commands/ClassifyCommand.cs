using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Imaging;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn classify`: what is in the middle of images, by a classifier with published weights.</summary>
internal sealed class ClassifyCommand : Verb
{
    private readonly Argument<string[]> _images = ImageArguments.Argument();
    private readonly ClassifierOptions _classifier = new();
    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON object for other programs." };

    /// <summary>Creates the verb with its options.</summary>
    public ClassifyCommand()
        : base("classify", "Name what images show, by a classifier.", "fcn classify cup.png --weights bvlc_googlenet.caffemodel")
    {
        Add(_images);
        _classifier.AddTo(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        string[] images = parsed.GetRequiredValue(_images);
        using IDevice device = Devices.Open(context.Options);
        using ClassifierOptions.NamedClassifier classifier = _classifier.Open(parsed, device);
        ClassifiedImage[] results = [.. images.Select(image => new ClassifiedImage(image, classifier.Best(classifier.Classifier.Classify(ImageFile.Read(image), context.Stop))))];
        if (parsed.GetValue(_json))
        {
            context.Output.WriteLine(JsonSerializer.Serialize(new Classification(classifier.Classifier.Net, results), ClassificationJson.Default.Classification));
            return ExitCodes.Success;
        }

        foreach (ClassifiedImage result in results)
        {
            context.Output.WriteLine(result.Image);
            foreach (ClassScore score in result.Top)
            {
                context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {score.Probability:0.0000}  {score.Name} ({score.Index})"));
            }
        }

        return ExitCodes.Success;
    }
}

/// <summary>What was found in some images.</summary>
/// <param name="Net">The classifier.</param>
/// <param name="Images">The images.</param>
internal sealed record Classification(string Net, IReadOnlyList<ClassifiedImage> Images);

/// <summary>What was found in an image.</summary>
/// <param name="Image">The image's path.</param>
/// <param name="Top">The most probable classes.</param>
internal sealed record ClassifiedImage(string Image, IReadOnlyList<ClassScore> Top);

/// <summary>Writes results as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Classification))]
internal sealed partial class ClassificationJson : JsonSerializerContext;
