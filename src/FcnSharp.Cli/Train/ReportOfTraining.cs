using FcnSharp.Reports;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>What the reports of all trainings have in common.</summary>
internal static class ReportOfTraining
{
    /// <summary>The report with the curves of the log, and the table of what was set.</summary>
    public static ReportContent With(this ReportContent content, IEnumerable<TrainingLogEntry> log, Trainer trainer, IDevice device) => content with
    {
        Loss = Curve(log, e => e.Loss),
        ValidationMeanIoU = Curve(log, e => e.MeanIoU),
        Settings = [.. trainer.Settings.Select(s => new ReportSetting(s.Key, s.Value)), new ReportSetting("device", device.Description)],
    };

    private static List<CurvePoint> Curve(IEnumerable<TrainingLogEntry> log, Func<TrainingLogEntry, double?> figure) =>
        [.. log.Where(e => figure(e) is not null).Select(e => new CurvePoint(e.Step, figure(e)!.Value))];
}
