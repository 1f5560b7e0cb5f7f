using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>All that resumes a training run: the model so far and the state of its solver.</summary>
/// <param name="Description">The model that is being trained.</param>
/// <param name="Weights">Its weights, by their names in the model.</param>
/// <param name="SolverState">The solver's tensors by names of its own, such as "velocity/conv1_1.weight".</param>
/// <param name="Step">The number of steps done, from 0.</param>
/// <param name="Seed">The seed of the run, from which each step derives its random numbers.</param>
/// <param name="Settings">What shapes the run, as text by name: solver, learning rate, data set, ...; numbers in the invariant culture.</param>
public sealed record CheckpointContent(
    ModelDescription Description,
    IReadOnlyList<NamedTensor> Weights,
    IReadOnlyList<NamedTensor> SolverState,
    long Step,
    long Seed,
    IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Checks that a run which is to go on from this checkpoint has the settings that it began with.</summary>
    /// <param name="path">The checkpoint's file, for the message.</param>
    /// <param name="current">The settings of the run that resumes.</param>
    /// <exception cref="FcnSharpException">A setting differs; the message names the first one in ordinal order.</exception>
    public void RequireSameSettings(string path, IReadOnlyDictionary<string, string> current)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(current);
        if (ChangesTo(current) is [var change, ..])
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was trained with {Setting(change.Name, change.Before)}, this run has {Setting(change.Name, change.Now)}; resume with the same settings, or delete the file to start anew.");
        }
    }

    /// <summary>The settings in which a run that is to go on from here differs, in ordinal order of their names.</summary>
    /// <param name="current">The settings of the run that resumes.</param>
    public IReadOnlyList<SettingChange> ChangesTo(IReadOnlyDictionary<string, string> current)
    {
        ArgumentNullException.ThrowIfNull(current);
        return [.. Settings.Keys.Union(current.Keys).Order(StringComparer.Ordinal)
            .Select(name => new SettingChange(name, Settings.GetValueOrDefault(name), current.GetValueOrDefault(name)))
            .Where(change => change.Before != change.Now)];
    }

    private static string Setting(string name, string? value) =>
        value is null ? $"no {ErrorText.Quote(name)}" : $"{ErrorText.Quote(name)} = {ErrorText.Quote(value)}";
}

/// <summary>A setting that a resumed run has changed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">What the checkpoint has; null for none.</param>
/// <param name="Now">What the run has now; null for none.</param>
public sealed record SettingChange(string Name, string? Before, string? Now)
{
    /// <summary>One line, such as "learningRate 0.01 is now 0.005".</summary>
    public override string ToString() => $"{Name} {Before ?? "(none)"} is now {Now ?? "(none)"}";
}
