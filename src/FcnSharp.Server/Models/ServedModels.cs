using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Server.Models;

/// <summary>The models of a server.</summary>
internal sealed class ServedModels : IDisposable
{
    private const int WarmSide = 64;
    private readonly List<ServedModel> _models = [];

    /// <summary>The models, the default one first.</summary>
    public IReadOnlyList<ServedModel> All => _models;

    /// <summary>Loads models.</summary>
    /// <exception cref="FcnSharpException">None, two of one name, or one that cannot be loaded.</exception>
    public static ServedModels Load(IReadOnlyList<ModelSource> sources, IDevice device)
    {
        Check(sources);
        ServedModels models = new();
        try
        {
            foreach (ModelSource source in sources)
            {
                Segmenter segmenter = Segmenter.Load(source.Path, device);
                models._models.Add(new ServedModel(source.Name, segmenter, device, CountParameters(source.Path)));
            }

            return models;
        }
        catch
        {
            models.Dispose();
            throw;
        }
    }

    /// <summary>The model of a name, the default one for null; null where there is none.</summary>
    public ServedModel? Find(string? name) => name is null ? _models[0] : _models.Find(m => m.Name == name);

    /// <summary>Uses each model once, so that the first request finds its weights laid out, checked, and its kernels compiled.</summary>
    /// <exception cref="FcnSharpException">A model's weights are damaged.</exception>
    public void Warm(CancellationToken cancellation)
    {
        RgbImage image = new(WarmSide, WarmSide);
        foreach (ServedModel model in _models)
        {
            model.Segment(image, confidence: false, cancellation);
            model.Segment(image, confidence: true, cancellation);
            model.Segmenter.WaitForCheck(cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _models.ForEach(m => m.Segmenter.Dispose());

    private static void Check(IReadOnlyList<ModelSource> sources)
    {
        if (sources.Count == 0)
        {
            throw new FcnSharpException("A server needs at least one model, found none; name a model file.");
        }

        if (sources.FirstOrDefault(s => s.Name.Length == 0 || s.Name.Any(c => char.IsControl(c) || c > '~')) is { } unfit)
        {
            throw new FcnSharpException($"The name '{unfit.Name}' of the model {unfit.Path} should be of visible ASCII characters, because headers carry it; give another, such as other={unfit.Path}.");
        }

        if (sources.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FcnSharpException($"Two models are called '{twice.Key}': {string.Join(" and ", twice.Select(s => s.Path))}; give one another name, such as other={twice.Last().Path}.");
        }
    }

    private static long CountParameters(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Entries.Sum(e => e.Shape.ElementCount);
    }
}
