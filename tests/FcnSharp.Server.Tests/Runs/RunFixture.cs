using System.Globalization;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Server.Runs;
using FcnSharp.TestKit;
using FcnSharp.Training;

namespace FcnSharp.Server.Tests.Runs;

/// <summary>Writes run folders as a training does, a step at a time.</summary>
internal sealed class RunFixture(string root)
{
    private readonly RunFolder _folder = new(root);

    /// <summary>The files.</summary>
    public RunFolder Folder => _folder;

    /// <summary>Appends text to the log as it is.</summary>
    public void Append(string text)
    {
        Directory.CreateDirectory(root);
        File.AppendAllText(_folder.Log, text);
    }

    /// <summary>Appends steps with a loss that falls.</summary>
    public void Steps(long first, long last)
    {
        for (long step = first; step <= last; step++)
        {
            Append(string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{step},\"loss\":{2.0 / step:R},\"learningRate\":0.01}}\n"));
        }
    }

    /// <summary>Writes the record.</summary>
    public void Record(string state, long steps, RunEvaluation? evaluation = null)
    {
        Directory.CreateDirectory(root);
        RunRecord record = new()
        {
            Net = "mini-fcn8s",
            Dataset = "scenes",
            State = state,
            Steps = steps,
            Parameters = 369_730,
            Settings = new Dictionary<string, string> { ["solver"] = "sgd" },
            Classes = [.. SceneClasses.All.Select(c => new RunClass(c.Name, [c.R, c.G, c.B]))],
            Evaluation = evaluation,
        };
        AtomicFile.Write(RunRecord.PathIn(_folder), stream => stream.Write(record.Encode()));
    }

    /// <summary>Appends an evaluation in which everything but every fifth pixel is right, with its record and a picture.</summary>
    public void Evaluate(long step, string state, long steps)
    {
        ConfusionMatrix confusion = new(SceneClasses.All.Count);
        ushort[] truth = [.. Enumerable.Range(0, 1000).Select(i => (ushort)(i % SceneClasses.All.Count))];
        confusion.Add(truth, [.. truth.Select((t, i) => i % 5 == 0 ? (ushort)0 : t)], ignoreIndex: 255);
        Record(state, steps, RunEvaluation.Of(step, confusion));
        Sample scene = TestImages.Scene(20, 16);
        Directory.CreateDirectory(RunRecord.SamplesIn(_folder));
        PngFile.WriteRgb(
            Path.Combine(RunRecord.SamplesIn(_folder), "0.png"),
            Overlay.Comparison(scene.Image, scene.Labels, scene.Labels, Palette.Of(SceneClasses.All), voidLabel: 255));
        Append(string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{step},\"meanIoU\":{SegmentationMetrics.From(confusion).MeanIoU:R}}}\n"));
    }
}
