using System.CommandLine;
using FcnSharp.Inference;

namespace FcnSharp.Cli.Commands;

/// <summary>The option --tta of the verbs that segment: several passes over each image instead of one.</summary>
internal static class AugmentationOption
{
    private const string Mirror = "mirror";
    private const string Scales = "scales";
    private const string Both = "both";

    /// <summary>The option.</summary>
    public static Option<string?> Create() => Choices.Create(
        "--tta",
        "Average several passes over each image: itself and its mirror image (2), in 0.75, 1 and 1.25 of its size (3), or both (6).",
        Mirror,
        Scales,
        Both);

    /// <summary>How to segment, as far as the option says it.</summary>
    public static SegmentOptions Options(ParseResult parsed, Option<string?> option) => new()
    {
        TestTimeAugmentation = parsed.GetValue(option) is { } word
            ? new TestTimeAugmentation { Mirror = word != Scales, Scales = word == Mirror ? [1] : [0.75, 1, 1.25] }
            : null,
    };
}
