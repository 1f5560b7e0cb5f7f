using FcnSharp.Cli.Commands;
using FcnSharp.Cli.Hosting;
using FcnSharp.Models;
using FcnSharp.Tensors.Devices;
using FcnSharp.Training;

namespace FcnSharp.Cli.Train;

/// <summary>A whole `fcn train`: one net, or one after the other from coarse to fine.</summary>
internal sealed class TrainRun(TrainRequest request, IDevice device, CommandContext context)
{
    /// <summary>Trains and returns the figures of the last net.</summary>
    public TrainResult Run()
    {
        NetEntry entry = Catalogue.Get(request.Net);
        if (entry.Kind != NetKind.Segmentation)
        {
            throw new UsageException($"{request.Net} gives a class for each image, not for each pixel; train one of its FCNs, such as fcn8s-{request.Net}");
        }

        OutputFolder.Create(request.Out);
        TrainingData data = TrainingData.Open(request.Data, request.DataOptions, request.ClassWeighting, context.Stop);
        context.Note(data.Name);
        if (!request.Staged)
        {
            return new TrainStage(request, request.Net, request.Weights, request.Out, data, device, context).Run();
        }

        TrainResult? result = null;
        string? weights = request.Weights;
        foreach (string net in Recipe.StagesTo(request.Net))
        {
            result = new TrainStage(request, net, weights, Path.Combine(request.Out, net), data, device, context).Run();
            weights = result.Model;
        }

        return result!;
    }
}
