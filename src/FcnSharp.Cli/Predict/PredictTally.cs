using System.Globalization;
using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Progress;

namespace FcnSharp.Cli.Predict;

/// <summary>Counts what became of the images and shows it.</summary>
/// <param name="progress">Where it is shown.</param>
/// <param name="before">How many images are done already.</param>
/// <param name="total">How many there are, these included.</param>
/// <param name="note">Takes lines for the reader.</param>
internal sealed class PredictTally(IProgressReporter progress, int before, int total, Action<string> note) : IPredictObserver
{
    private readonly List<PredictCut> _cuts = [];
    private readonly List<PredictFailure> _failures = [];

    /// <summary>How many images are segmented and written.</summary>
    public int Images { get; private set; }

    /// <summary>What is not, sorted by path.</summary>
    public IReadOnlyList<PredictFailure> Failures => [.. _failures.OrderBy(failure => failure.Path, StringComparer.Ordinal)];

    /// <summary>How images were cut, sorted by path.</summary>
    public IReadOnlyList<PredictCut> Cuts => [.. _cuts.OrderBy(cut => cut.Path, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public void OnCut(PredictCut cut)
    {
        _cuts.Add(cut);
        note(PlainText.Of(cut.ToString()));
    }

    /// <inheritdoc/>
    public void OnRows(PredictImage image, int done, int height)
    {
        // The last rows are told of with the image itself.
        if (done < height)
        {
            Show(string.Create(CultureInfo.InvariantCulture, $"{100L * done / height} % of {PlainText.Of(Path.GetFileName(image.Path))}"));
        }
    }

    /// <inheritdoc/>
    public void OnDone(PredictImage image)
    {
        Images++;
        Show();
    }

    /// <inheritdoc/>
    public void OnFailed(PredictFailure failure)
    {
        _failures.Add(failure);

        // Of a single image the failure says all.
        if (total > 1)
        {
            Show();
        }
    }

    private void Show(string text = "")
    {
        string failed = _failures.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{_failures.Count} failed") : "";
        progress.Report(before + Images + _failures.Count, total, ProgressLine.Join(failed, text));
    }
}
