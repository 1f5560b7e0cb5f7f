using System.Globalization;
using FcnSharp.Cli.Progress;

namespace FcnSharp.Cli.Predict;

/// <summary>Counts what became of the images and shows it.</summary>
/// <param name="progress">Where it is shown.</param>
/// <param name="before">How many images are done already.</param>
/// <param name="total">How many there are, these included.</param>
internal sealed class PredictTally(IProgressReporter progress, int before, int total) : IPredictObserver
{
    private readonly List<PredictFailure> _failures = [];

    /// <summary>How many images are segmented and written.</summary>
    public int Images { get; private set; }

    /// <summary>What is not, sorted by path.</summary>
    public IReadOnlyList<PredictFailure> Failures => [.. _failures.OrderBy(failure => failure.Path, StringComparer.Ordinal)];

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

    private void Show() =>
        progress.Report(before + Images + _failures.Count, total, _failures.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{_failures.Count} failed") : "");
}
