using System.Globalization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Data;
using FcnSharp.Evaluation;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Server.Runs;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>One net trained in one folder: a whole `fcn train`, or a stage of it.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="net">The net of this stage.</param>
/// <param name="weights">What it starts from; null for nothing.</param>
/// <param name="root">The folder of this stage.</param>
/// <param name="data">The images.</param>
/// <param name="device">Where to compute.</param>
/// <param name="context">Messages, progress, Ctrl-C.</param>
internal sealed class TrainStage(TrainRequest request, string net, string? weights, string root, TrainingData data, IDevice device, CommandContext context)
{
    private const int CheckpointsOfARun = 20;
    private const int MostStepsAtRisk = 500;
    private const int EvaluationsOfARun = 12;
    private readonly RunFolder _folder = new(root);

    /// <summary>Trains, or goes on, and reports.</summary>
    public TrainResult Run()
    {
        TrainingOptions options = Options();
        NetOptions netOptions = NetOptions();
        NetGraph graph = Catalogue.Build(net, netOptions);
        ParameterRule.Apply(graph, [.. request.FreezesBackbone ? ParameterRule.FrozenBackbone(graph) : [], .. request.Rules]);

        using var network = new Network(graph, device);
        CheckpointStore checkpoints = _folder.Checkpoints(request.KeepCheckpoints);
        var checkpoint = checkpoints.Latest(message => context.Note($"{message} An older checkpoint is used."));
        ModelDescription description = checkpoint?.Content.Description ?? Start(network, netOptions);
        using var trainer = new Trainer(network, description, data.Train, options, data.Name, FurtherSettings(netOptions));
        if (checkpoint is { } found)
        {
            Resume(trainer, found.Content, found.Path);
        }

        long firstStep = trainer.Step;
        context.Note(string.Create(CultureInfo.InvariantCulture, $"Training {net} ({network.ParameterCount:N0} parameters) for {options.Steps} steps of {options.ImagesPerStep} images on {device.Description}"));
        var recorder = new RunRecorder(_folder, net, data, trainer, network.ParameterCount, context);
        using var observer = new TrainObserver(options, data.Train.Count, firstStep, recorder, context);
        RunResult result;
        try
        {
            result = new TrainingRun(trainer, network, description, data.Val, _folder, RunOptions(options), observer).Run(context.Stop);
        }
        catch (OperationCanceledException)
        {
            recorder.End(RunRecord.Stopped);
            observer.Dispose();
            context.Note(string.Create(CultureInfo.InvariantCulture, $"Stopped after step {trainer.Step} of {options.Steps}; the same command goes on from there."));
            throw;
        }
        catch (FcnSharpException)
        {
            recorder.End(RunRecord.Stopped);
            throw;
        }

        recorder.End(RunRecord.Finished);
        observer.Dispose();
        return new TrainReport(_folder, request, net, data, trainer, network.ParameterCount, observer, device, context).Write(result, firstStep);
    }

    /// <summary>Initial values, and weights where there are some.</summary>
    private ModelDescription Start(Network network, NetOptions options)
    {
        if (weights is null)
        {
            network.Initialize((ulong)request.Seed);
            return new ModelDescription(
                new ModelArchitecture(net, options.ToStrings()),
                data.Train.Classes,
                request.Input ?? FromScratch(Catalogue.Get(net).Preprocessing ?? throw new FcnSharpException($"{net} is no net for colour images; train another one.")));
        }

        ModelDescription? model = ModelFile.FindDescription(weights);
        LoadedWeights loaded = WeightFile.Read(weights, rejectNonFinite: true);
        PretrainedModel made = PretrainedModel.Create(
            net, options, data.Train.Classes, loaded.Tensors, weights, device, request.Input ?? model?.Preprocessing, (ulong)request.Seed, request.Partial);
        context.Note(made.Report.ToString());
        network.Load(made.Tensors.ToDictionary(t => t.Name, t => t.Tensor), weights);
        return made.Description;
    }

    /// <summary>Random weights keep the size of their input from layer to layer, and rates are made for values of about 1.</summary>
    private static Preprocessing FromScratch(Preprocessing published) => new(published.Order, published.Mean, 1 / 64f);

    private void Resume(Trainer trainer, CheckpointContent checkpoint, string path)
    {
        foreach (SettingChange change in trainer.ResumeWithChanges(checkpoint, path))
        {
            context.Note($"Changed since the checkpoint: {change}");
        }

        context.Note(string.Create(CultureInfo.InvariantCulture, $"Going on from step {trainer.Step} of {trainer.Options.Steps} ({path})"));
    }

    private TrainingOptions Options()
    {
        TrainingOptions recipe = request.Recipe.Options;
        int batch = request.BatchSize ?? recipe.BatchSize;
        int accumulated = request.AccumulatedBatches ?? recipe.AccumulatedBatches;
        AugmentationOptions augmentation = recipe.Augmentation;
        (int Width, int Height)? crop = request.Crop ?? (request.Recipe.CropsBatches ? data.UsualCrop : augmentation.Crop);
        return recipe with
        {
            Steps = Steps(batch * accumulated),
            BatchSize = batch,
            AccumulatedBatches = accumulated,
            Solver = request.Solver ?? recipe.Solver,
            LearningRate = (float)(request.LearningRate ?? request.Recipe.LearningRateFor(net)),
            Momentum = (float)(request.Momentum ?? recipe.Momentum),
            WeightDecay = (float)(request.WeightDecay ?? recipe.WeightDecay),
            PolyPower = request.PolyPower ?? recipe.PolyPower,
            WarmupSteps = request.WarmupSteps ?? recipe.WarmupSteps,
            ClipNorm = (float)(request.ClipNorm ?? recipe.ClipNorm),
            Mirror = request.Mirror ?? recipe.Mirror,
            Seed = request.Seed,
            Augmentation = augmentation with
            {
                MinScale = request.Scale?.Min ?? augmentation.MinScale,
                MaxScale = request.Scale?.Max ?? augmentation.MaxScale,
                Rotation = request.Rotation ?? augmentation.Rotation,
                Jitter = request.Jitter ?? augmentation.Jitter,
                Colour = request.Colour ?? augmentation.Colour,
                PatchShare = request.PatchShare ?? augmentation.PatchShare,
                Crop = crop is { Width: > 0 } ? crop : null,
            },
        };
    }

    private long Steps(int imagesPerStep)
    {
        if (request.Steps is { } steps)
        {
            return steps;
        }

        return (request.Epochs ?? request.Recipe.Epochs) is { } epochs
            ? Math.Max(1, (long)epochs * data.Train.Count / imagesPerStep)
            : request.Recipe.Options.Steps;
    }

    private NetOptions NetOptions() => new()
    {
        Classes = data.Train.Classes.Count,
        IgnoreIndex = data.Train.IgnoreIndex,
        Upsampling = request.Upsampling ?? request.Recipe.Upsampling,
        Kernels = request.UpsamplingKernels,
        Padding = request.Padding ?? request.Recipe.Padding,
        Loss = request.Recipe.Loss,
        ClassWeights = data.ClassWeights,
    };

    private Dictionary<string, string> FurtherSettings(NetOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["recipe"] = request.Recipe.Name,
            ["loss"] = options.Loss == Tensors.Operations.LossReduction.Mean ? "mean" : "sum",
        };
        foreach ((string name, string value) in options.ToStrings().Where(o => o.Key is not ("classes" or "ignoreIndex")))
        {
            settings[name] = value;
        }

        if (weights is not null)
        {
            settings["weights"] = Path.GetFileName(weights);
        }

        if (data.ClassWeights is { } w)
        {
            settings["classWeights"] = string.Join(' ', w.Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));
        }

        if (request.FreezesBackbone || request.Rules.Count > 0)
        {
            settings["multipliers"] = string.Join(' ', [.. request.FreezesBackbone ? (string[])["backbone=0"] : [], .. request.Rules.Select(r => r.ToString())]);
        }

        return settings;
    }

    private RunOptions RunOptions(TrainingOptions options) => new()
    {
        EvaluateEvery = request.EvaluateEvery ?? Math.Max(1, options.Steps / EvaluationsOfARun),
        CheckpointEvery = request.CheckpointEvery ?? Math.Clamp(options.Steps / CheckpointsOfARun, 1, MostStepsAtRisk),
        KeepCheckpoints = request.KeepCheckpoints,
        Patience = request.Patience,
    };
}
