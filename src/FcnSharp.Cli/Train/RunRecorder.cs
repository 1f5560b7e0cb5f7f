using System.Globalization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Evaluation;
using FcnSharp.Imaging;
using FcnSharp.Server.Runs;
using FcnSharp.Tensors;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>Keeps the record of a run and its latest pictures, for whoever looks at it from outside. The run itself never reads them.</summary>
internal sealed class RunRecorder
{
    private readonly RunFolder _folder;
    private readonly CommandContext _context;
    private RunRecord _record;
    private bool _hasFailed;

    /// <summary>Starts the record of a run; a resumed one keeps its latest evaluation.</summary>
    public RunRecorder(RunFolder folder, string net, TrainingData data, Trainer trainer, long parameters, CommandContext context)
    {
        (_folder, _context) = (folder, context);
        RunEvaluation? evaluation = trainer.Step == 0 ? null : RunRecord.Find(folder)?.Evaluation;
        _record = new RunRecord
        {
            Net = net,
            Dataset = data.Name,
            State = RunRecord.Running,
            Steps = trainer.Options.Steps,
            Parameters = parameters,
            Settings = trainer.Settings,
            Classes = [.. data.Val.Classes.Select(c => new RunClass(c.Name, [c.R, c.G, c.B]))],
            Evaluation = evaluation,
        };
        Try(Write);
    }

    /// <summary>Records an evaluation and its pictures.</summary>
    public void Evaluated(long step, ConfusionMatrix confusion, IReadOnlyList<RgbImage> pictures) => Try(() =>
    {
        string samples = RunRecord.SamplesIn(_folder);
        Directory.CreateDirectory(samples);
        for (int i = 0; i < pictures.Count; i++)
        {
            PngFile.WriteRgb(Path.Combine(samples, string.Create(CultureInfo.InvariantCulture, $"{i}.png")), pictures[i]);
        }

        _record = _record with { Evaluation = RunEvaluation.Of(step, confusion) };
        Write();
    });

    /// <summary>Records how the run ended.</summary>
    public void End(string state) => Try(() =>
    {
        _record = _record with { State = state };
        Write();
    });

    private void Write() => AtomicFile.Write(RunRecord.PathIn(_folder), stream => stream.Write(_record.Encode()));

    /// <summary>What is only looked at must not end a training.</summary>
    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is FcnSharpException or IOException or UnauthorizedAccessException)
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                _context.Note($"The run goes on, but its record cannot be written: {e.Message}");
            }
        }
    }
}
