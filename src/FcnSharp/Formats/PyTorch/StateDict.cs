using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>
/// Finds the weights in what a PyTorch file holds: the state dict itself, or a checkpoint that has it under one of the usual
/// names beside epoch and optimizer. What is nested further gets names joined by dots.
/// </summary>
internal sealed class StateDict
{
    private const int MaxDepth = 16;
    private const int MaxVisits = 1_000_000;
    private const int MaxNamed = 8;

    private static readonly string[] UsualKeys = ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params"];
    private static readonly string[] Wrappers = ["module.", "_orig_mod."];

    private readonly string _path;
    private readonly List<KeyValuePair<string, TorchTensor>> _tensors = [];
    private readonly List<SkippedEntry> _skipped = [];
    private readonly List<string> _notes = [];
    private readonly HashSet<string> _names = [];
    private int _visits;

    private StateDict(string path) => _path = path;

    /// <summary>All tensors by name, whatever their type, in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, TorchTensor>> Tensors => _tensors;

    /// <summary>What stands among the tensors and is none.</summary>
    public IReadOnlyList<SkippedEntry> Skipped => _skipped;

    /// <summary>Which part was taken, and which prefix was removed from the names.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Finds the tensors below the value of a pickle.</summary>
    /// <param name="root">The value.</param>
    /// <param name="path">The file, for messages, and for the name of a tensor that has none.</param>
    /// <exception cref="FcnSharpException">The value is nested too deeply or within itself, or two tensors have one name.</exception>
    public static StateDict Find(object? root, string path)
    {
        StateDict found = new(path);
        object? weights = found.Descend(root);
        if (weights is TorchTensor)
        {
            found.Collect(weights, Path.GetFileNameWithoutExtension(path), 0);
        }
        else
        {
            found.Collect(weights, "", 0);
            foreach (string wrapper in Wrappers)
            {
                found.Unwrap(wrapper);
            }
        }

        return found;
    }

    private static IEnumerable<KeyValuePair<object?, object?>>? Children(object? value) => value switch
    {
        PickleDict dict => dict.Items,
        PickleList list => list.Items.Select(Numbered),
        PickleTuple tuple => tuple.Items.Select(Numbered),
        _ => null,
    };

    private static KeyValuePair<object?, object?> Numbered(object? item, int index) => new((long)index, item);

    private static string Text(object? key) => key switch
    {
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => TorchGlobals.Describe(key),
    };

    private object? Descend(object? value)
    {
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            string? key = value is PickleDict dict ? UsualKeys.FirstOrDefault(k => dict.Get(k) is PickleDict inner && HoldsTensors(inner, 0)) : null;
            if (key is null)
            {
                break;
            }

            PickleDict outer = (PickleDict)value!;
            string[] others = [.. outer.Items.Select(item => Text(item.Key)).Where(other => other != key)];
            string beside = string.Join(", ", others.Take(MaxNamed).Select(ErrorText.Quote)) + (others.Length > MaxNamed ? ", ..." : "");
            _notes.Add($"the weights are those under {ErrorText.Quote(key)}" + (others.Length > 0 ? $"; not read: {beside}" : ""));
            value = outer.Get(key);
        }

        return value;
    }

    // Under a usual name there may also be settings, such as the model's name and sizes.
    private bool HoldsTensors(object? value, int depth)
    {
        Visit(depth);
        return value is TorchTensor || (Children(value)?.Any(child => HoldsTensors(child.Value, depth + 1)) ?? false);
    }

    // Values may hold each other, in a circle or shared many times over: depth and visits bound every walk.
    private void Visit(int depth)
    {
        if (++_visits > MaxVisits || depth > MaxDepth)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(_path)} is not a sound PyTorch file: its values are nested too deeply or within themselves; in PyTorch, save model.state_dict() alone.");
        }
    }

    private void Collect(object? value, string name, int depth)
    {
        Visit(depth);
        if (value is TorchTensor tensor)
        {
            _tensors.Add(new(_names.Add(name) ? name : throw Twice(name), tensor));
        }
        else if (Children(value) is { } children)
        {
            foreach ((object? key, object? child) in children)
            {
                Collect(child, name.Length > 0 ? $"{name}.{Text(key)}" : Text(key), depth + 1);
            }
        }
        else
        {
            _skipped.Add(new SkippedEntry(name, TorchGlobals.Describe(value)));
        }
    }

    // What wraps a model for several devices or for compilation puts its own name before all others.
    private void Unwrap(string wrapper)
    {
        if (_tensors.Count > 0 && _tensors.All(t => t.Key.Length > wrapper.Length && t.Key.StartsWith(wrapper, StringComparison.Ordinal)))
        {
            for (int i = 0; i < _tensors.Count; i++)
            {
                _tensors[i] = new(_tensors[i].Key[wrapper.Length..], _tensors[i].Value);
            }

            _notes.Add($"the prefix '{wrapper}' was removed from all names");
        }
    }

    private FcnSharpException Twice(string name) =>
        new($"{ErrorText.OneLine(_path)} is not a sound PyTorch file: two tensors have the name {ErrorText.Quote(name)}; in PyTorch, save model.state_dict() alone.");
}
