using System.Globalization;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

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
    private readonly Network _network;
    private readonly ModelDescription _description;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Solver _solver;
    private readonly BatchReader _batch;

    /// <summary>Prepares a run from the network's present weights.</summary>
    /// <param name="network">The net to train; it stays the caller's.</param>
    /// <param name="description">The model it will become.</param>
    /// <param name="dataset">What to train on.</param>
    /// <param name="options">Solver, schedule, batch, seed.</param>
    /// <param name="dataName">What identifies the data in checkpoints: a run is resumed on the same data only.</param>
    /// <exception cref="FcnSharpException">An option is out of range.</exception>
    public Trainer(Network network, ModelDescription description, ISegmentationDataset dataset, TrainingOptions options, string dataName)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _network = network;
        _description = description;
        Options = options;
        _settings = SettingsOf(network.Graph.Name, options, dataName);
        _solver = Solver.Create(network, options);
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
        return new Dictionary<string, string>(options.ToStrings()) { ["net"] = net, ["data"] = dataName };
    }

    /// <summary>Does the next step.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between layers; the weights are those of the last whole step.</exception>
    /// <exception cref="FcnSharpException">The loss is not a finite number; the weights are those of the last whole step.</exception>
    public TrainingStep RunStep(CancellationToken cancellation = default)
    {
        _batch.Read(Step);
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
            execution.Step = (ulong)Step;
            execution.Write(net.Inputs["image"], _batch.Images);
            execution.Write(net.Inputs["labels"], _batch.Labels);
            try
            {
                execution.Run(cancellation);
            }
            catch (OperationCanceledException)
            {
                // What the unfinished backward pass has added belongs to no step.
                _solver.ClearGradients();
                throw;
            }

            execution.Read(net.Outputs["loss"], loss);
        }

        if (!float.IsFinite(loss[0]))
        {
            _solver.ClearGradients();
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"The loss became {loss[0]} at step {Step + 1}: lower the learning rate (now {Options.LearningRate}) and start again."));
        }

        float rate = Options.LearningRateAt(Step);
        Step++;
        _solver.Step(Step, rate, Options.WeightDecay);
        return new TrainingStep(Step, loss[0], rate);
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
        _network.Load(checkpoint.Weights.ToDictionary(t => t.Name, t => t.Tensor), source);
        _solver.Load(checkpoint.SolverState.ToDictionary(t => t.Name, t => t.Tensor), source);
        Step = checkpoint.Step;
    }

    /// <inheritdoc/>
    public void Dispose() => _solver.Dispose();
}
