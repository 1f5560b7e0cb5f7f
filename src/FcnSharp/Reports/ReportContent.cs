using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;

namespace FcnSharp.Reports;

/// <summary>What a training report shows. The metrics are computed from the confusion matrix, so that no two figures can disagree.</summary>
public sealed record ReportContent
{
    /// <summary>The heading.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two below the heading: which net, which data.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The classes in the order of their labels, as many as the confusion matrix has.</summary>
    public required IReadOnlyList<ClassInfo> Classes { get; init; }

    /// <summary>The evaluation on held-out images.</summary>
    public required ConfusionMatrix Confusion { get; init; }

    /// <summary>The label of void pixels in the samples' truth.</summary>
    public int IgnoreIndex { get; init; } = 255;

    /// <summary>How long the training took; null leaves it out.</summary>
    public TimeSpan? TrainingTime { get; init; }

    /// <summary>Training images a second; null leaves it out.</summary>
    public double? ImagesPerSecond { get; init; }

    /// <summary>The number of the net's parameters; null leaves it out.</summary>
    public long? Parameters { get; init; }

    /// <summary>The training loss, in the order of the steps.</summary>
    public IReadOnlyList<CurvePoint> Loss { get; init; } = [];

    /// <summary>The mean IoU on the held-out images, as fractions from 0 to 1, in the order of the steps.</summary>
    public IReadOnlyList<CurvePoint> ValidationMeanIoU { get; init; } = [];

    /// <summary>Held-out images with truth and prediction. Each adds four pictures to the page.</summary>
    public IReadOnlyList<ReportSample> Samples { get; init; } = [];

    /// <summary>What was set: recipe, data, machine.</summary>
    public IReadOnlyList<ReportSetting> Settings { get; init; } = [];

    /// <summary>The command lines that give these results again.</summary>
    public IReadOnlyList<string> Reproduce { get; init; } = [];
}

/// <summary>One measurement during training; values that are not finite leave a gap in the curve.</summary>
/// <param name="Step">The training step.</param>
/// <param name="Value">What was measured there.</param>
public readonly record struct CurvePoint(long Step, double Value);

/// <summary>A held-out image with its true and its predicted labels, all of one size.</summary>
/// <param name="Name">The name in the caption.</param>
/// <param name="Image">The picture.</param>
/// <param name="Truth">The true labels.</param>
/// <param name="Prediction">The predicted labels.</param>
public sealed record ReportSample(string Name, RgbImage Image, LabelMap Truth, LabelMap Prediction);

/// <summary>A line of the table of settings.</summary>
/// <param name="Name">What was set.</param>
/// <param name="Value">To what.</param>
public sealed record ReportSetting(string Name, string Value);
