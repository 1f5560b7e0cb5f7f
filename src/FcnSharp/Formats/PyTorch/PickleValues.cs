namespace FcnSharp.Formats.PyTorch;

/// <summary>A list of a pickle. Its items may be any value, at worst the list itself.</summary>
internal sealed class PickleList
{
    /// <summary>The items: null, bool, long, BigInteger, double, string, or one of the classes of this file and of TorchTensor.cs.</summary>
    public List<object?> Items { get; } = [];
}

/// <summary>A tuple of a pickle, also torch.Size.</summary>
/// <param name="items">The items.</param>
internal sealed class PickleTuple(object?[] items)
{
    /// <summary>The tuple of nothing.</summary>
    public static readonly PickleTuple Empty = new([]);

    /// <summary>The items.</summary>
    public object?[] Items => items;
}

/// <summary>A dict or an OrderedDict of a pickle: pairs in the order in which they were first set.</summary>
internal sealed class PickleDict
{
    private readonly List<KeyValuePair<object?, object?>> _items = [];
    private readonly Dictionary<string, int> _places = [];

    /// <summary>The pairs. Keys that are no text may repeat: only text is looked up.</summary>
    public IReadOnlyList<KeyValuePair<object?, object?>> Items => _items;

    /// <summary>Sets a value; text that was a key before keeps its place.</summary>
    public void Set(object? key, object? value)
    {
        KeyValuePair<object?, object?> item = new(key, value);
        if (key is not string text)
        {
            _items.Add(item);
        }
        else if (_places.TryAdd(text, _items.Count))
        {
            _items.Add(item);
        }
        else
        {
            _items[_places[text]] = item;
        }
    }

    /// <summary>The value of a key that is text, null when there is none.</summary>
    public object? Get(string key) => _places.TryGetValue(key, out int place) ? _items[place].Value : null;
}

/// <summary>A class or function that a pickle names; never loaded, only compared by name.</summary>
/// <param name="Module">The Python module.</param>
/// <param name="Name">The name within it.</param>
internal sealed record PickleGlobal(string Module, string Name)
{
    /// <summary>The dotted name, fit for a message.</summary>
    public override string ToString() => ErrorText.OneLine($"{Module}.{Name}");
}
