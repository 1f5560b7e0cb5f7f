using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Evaluation;

/// <summary>Whether the classes that a model was trained for are those that a dataset has. Metrics compare classes by their numbers, so names tell whether they mean the same.</summary>
public static class ClassMatch
{
    private const int MostNames = 4;

    /// <summary>Compares two lists of classes.</summary>
    /// <param name="model">The model's classes.</param>
    /// <param name="modelName">What messages call the model, such as its file.</param>
    /// <param name="data">The data's classes.</param>
    /// <param name="dataName">What messages call the data, such as its folder.</param>
    /// <returns>What differs in the names, upper and lower case alike, in one line; null when nothing does.</returns>
    /// <exception cref="FcnSharpException">The numbers of classes differ.</exception>
    public static string? Compare(IReadOnlyList<ClassInfo> model, string modelName, IReadOnlyList<ClassInfo> data, string dataName)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        if (model.Count != data.Count)
        {
            throw new FcnSharpException($"{modelName} has {Names(model)}, {dataName} has {Names(data)}; give data with the model's classes, a list that names them, or another model.");
        }

        int[] different = [.. Enumerable.Range(0, model.Count).Where(i => !string.Equals(model[i].Name, data[i].Name, StringComparison.OrdinalIgnoreCase))];
        if (different.Length == 0)
        {
            return null;
        }

        string first = string.Join(", ", different.Take(MostNames).Select(i => string.Create(CultureInfo.InvariantCulture, $"class {i} is '{model[i].Name}' and '{data[i].Name}'")));
        string more = different.Length > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {different.Length - MostNames} more differ") : "";
        return $"{modelName} and {dataName} name their classes differently: {first}{more}; they are compared by number.";
    }

    private static string Names(IReadOnlyList<ClassInfo> classes) =>
        string.Create(CultureInfo.InvariantCulture, $"{classes.Count} {(classes.Count == 1 ? "class" : "classes")} ({string.Join(", ", classes.Take(MostNames).Select(info => info.Name))}{(classes.Count > MostNames ? ", ..." : "")})");
}
