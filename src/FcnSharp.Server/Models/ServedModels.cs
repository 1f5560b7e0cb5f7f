using FcnSharp.Inference;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Server.Models;

/// <summary>A model under the name by which requests ask for it.</summary>
internal sealed record ServedModel(string Name, Segmenter Segmenter);

/// <summary>The models of a server.</summary>
internal sealed class ServedModels : IDisposable
{
    private readonly List<ServedModel> _models = [];

    /// <summary>The models, the default one first.</summary>
    public IReadOnlyList<ServedModel> All => _models;

    /// <summary>Loads models.</summary>
    /// <exception cref="FcnSharpException">None, two of one name, or one that cannot be loaded.</exception>
    public static ServedModels Load(IReadOnlyList<ModelSource> sources, IDevice device)
    {
        if (sources.Count == 0)
        {
            throw new FcnSharpException("A server needs at least one model, found none; name a model file.");
        }

        if (sources.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new FcnSharpException($"Two models are called '{twice.Key}': {string.Join(" and ", twice.Select(s => s.Path))}; give one another name, such as other={twice.Last().Path}.");
        }

        ServedModels models = new();
        try
        {
            foreach (ModelSource source in sources)
            {
                models._models.Add(new ServedModel(source.Name, Segmenter.Load(source.Path, device)));
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

    /// <inheritdoc/>
    public void Dispose() => _models.ForEach(m => m.Segmenter.Dispose());
}
