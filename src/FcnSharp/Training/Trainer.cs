using System.Globalization;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;

namespace FcnSharp.Training;

/// <summary>One finished step of a training run.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="Loss">Mean loss per valid pixel of the step's batch.</param>
/// <param name="LearningRate">Learning rate of the step.</param>
public readonly record struct TrainingStep(long Step, float Loss, float LearningRate);

/// <summary>
/// Trains a net end to end, pixels in, pixels out: batch, forward, backward, solver step. What a step does follows from the
/// seed and its number, so a run that is resumed from a checkpoint gives the same bits as one that was never interrupted.
/// </summary>
public sealed class Trainer : IDisposable
{
    private const string NetSetting = "net";
    private const string DataSetting = "data";

    // A net that knows nothing has ln(classes), at most 5.6 here; from this far off, no learning rate of the schedule brings it back.
    private const float MostLoss = 1000;
    private readonly Network _network;
    private readonly ModelDescription _description;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Solver _solver;
    private readonly BatchReader _batch;
    private readonly bool _sumsLoss;

    /// <summary>Prepares a run from the network's present weights.</summary>
    /// <param name="network">The net to train; it stays the caller's.</param>
    /// <param name="description">The model it will become.</param>
    /// <param name="dataset">What to train on.</param>
    /// <param name="options">Solver, schedule, batch, seed.</param>
    /// <param name="dataName">What identifies the data in checkpoints: a run is resumed on the same data only.</param>
    /// <param name="furtherSettings">What else shapes the run, such as class weights, for checkpoints and model files.</param>
    /// <exception cref="FcnSharpException">An option is out of range.</exception>
    public Trainer(Network network, ModelDescription description, ISegmentationDataset dataset, TrainingOptions options, string dataName, IReadOnlyDictionary<string, string>? furtherSettings = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _network = network;
        _description = description;
        Options = options;
        _settings = new Dictionary<string, string>([.. SettingsOf(network.Graph.Name, options, dataName), .. furtherSettings ?? new Dictionary<string, string>()]);
        _solver = Solver.Create(network, options);
        _sumsLoss = network.Graph.Nodes.Any(n => n.Layer is SoftmaxCrossEntropyLossLayer { Reduction: LossReduction.Sum });
        _batch = new BatchReader(dataset, description.Preprocessing, options);
    }

    /// <summary>What shapes the run.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Steps done so far.</summary>
    public long Step { get; private set; }

    /// <summary>The settings as checkpoints and model files hold them.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>The settings of a run that is not there yet: to see whether a checkpoint is of the same run before data is touched.</summary>
    /// <param name="net">The net's name.</param>
    /// <param name="options">Solver, schedule, batch, seed.</param>
    /// <param name="dataName">What identifies the data in checkpoints.</param>
    public static IReadOnlyDictionary<string, string> SettingsOf(string net, TrainingOptions options, string dataName)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Dictionary<string, string>(options.ToStrings()) { [NetSetting] = net, [DataSetting] = dataName };
    }

    /// <summary>Does the next step.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between layers; the weights are those of the last whole step.</exception>
    /// <exception cref="DivergedException">The loss is not a finite number or beyond all reason; the message names the layer that it comes from.</exception>
    /// <exception cref="FcnSharpException">An image cannot be read; the weights are those of the last whole step.</exception>
    public TrainingStep RunStep(CancellationToken cancellation = default)
    {
        double sum = 0;
        try
        {
            for (int i = 0; i < Options.AccumulatedBatches; i++)
            {
                sum += RunBatch(Step * Options.AccumulatedBatches + i, cancellation);
            }
        }
        catch
        {
            // What an unfinished step has added belongs to no step.
            _solver.ClearGradients();
            throw;
        }

        float rate = Options.LearningRateAt(Step);
        Step++;
        _solver.Step(Step, rate, Options.WeightDecay, GradientScale());
        return new TrainingStep(Step, (float)(sum / Options.AccumulatedBatches), rate);
    }

    /// <summary>Forward and backward of one batch; its mean loss per pixel that counts.</summary>
    private float RunBatch(long batch, CancellationToken cancellation)
    {
        _batch.Read(batch, cancellation);
        Shape images = _batch.ImageShape;
        CompiledNet net = _network.Compile(CompileTarget.Train("loss"), new Dictionary<string, Shape>
        {
            ["image"] = images,
            ["labels"] = new Shape(images.N, 1, images.H, images.W),
        });

        // The loss, the pixels that count and, with class weights, the sum of their weights.
        Span<float> loss = (stackalloc float[3])[..(int)net.Outputs["loss"].Shape.ElementCount];
        using (IExecution execution = net.Plan.Begin())
        {
            execution.Seed = (ulong)Options.Seed;
            execution.Step = (ulong)batch;
            execution.Write(net.Inputs["image"], _batch.Images);
            execution.Write(net.Inputs["labels"], _batch.Labels);
            execution.Run(cancellation);
            execution.Read(net.Outputs["loss"], loss);
        }

        float mean = _sumsLoss && loss[1] > 0 ? loss[0] / loss[^1] : loss[0];
        if (!(mean <= MostLoss))
        {
            string where = Divergence.Find(_network, _batch.Images, images) is { } layer ? $", first in {layer}" : "";
            throw new DivergedException(string.Create(CultureInfo.InvariantCulture, $"The loss became {mean} at step {Step + 1}{where}: lower the learning rate (now {Options.LearningRateAt(Step)}), or bound the gradient, and go on from the last checkpoint."));
        }

        return mean;
    }

    private float GradientScale()
    {
        float scale = 1f / Options.AccumulatedBatches;
        if (Options.ClipNorm > 0 && scale * _solver.GradientNorm() is var norm && norm > Options.ClipNorm)
        {
            scale *= (float)(Options.ClipNorm / norm);
        }

        return scale;
    }

    /// <summary>All that <see cref="Resume"/> needs to go on from here.</summary>
    public CheckpointContent Checkpoint() => new(
        _description,
        [.. _network.Save().Select(t => new NamedTensor(t.Key, t.Value))],
        [.. _solver.Save().Select(t => new NamedTensor(t.Key, t.Value))],
        Step,
        Options.Seed,
        _settings);

    /// <summary>Goes on from a checkpoint of a run with the same settings.</summary>
    /// <param name="checkpoint">What <see cref="Checkpoint"/> gave.</param>
    /// <param name="source">Its file, for messages.</param>
    /// <exception cref="FcnSharpException">A setting differs, or a tensor does not fit.</exception>
    public void Resume(CheckpointContent checkpoint, string source)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        checkpoint.RequireSameSettings(source, _settings);
        _ = ResumeWithChanges(checkpoint, source);
    }

    /// <summary>Goes on from a checkpoint with the settings of this run, whatever those of the checkpoint were.</summary>
    /// <param name="checkpoint">What <see cref="Checkpoint"/> gave.</param>
    /// <param name="source">Its file, for messages.</param>
    /// <returns>The settings that differ, in ordinal order.</returns>
    /// <exception cref="FcnSharpException">The net or the data is another, or a tensor does not fit.</exception>
    public IReadOnlyList<SettingChange> ResumeWithChanges(CheckpointContent checkpoint, string source)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        IReadOnlyList<SettingChange> changes = checkpoint.ChangesTo(_settings);
        if (changes.FirstOrDefault(c => c.Name is NetSetting or DataSetting) is { } other)
        {
            throw new FcnSharpException($"{source} is of another run: {other}; give a folder of its own to each run.");
        }

        _network.Load(checkpoint.Weights.ToDictionary(t => t.Name, t => t.Tensor), source);
        if (!changes.Any(c => c.Name == TrainingOptions.SolverSetting))
        {
            _solver.Load(checkpoint.SolverState.ToDictionary(t => t.Name, t => t.Tensor), source);
        }

        Step = checkpoint.Step;
        return changes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch.Dispose();
        _solver.Dispose();
    }
}
