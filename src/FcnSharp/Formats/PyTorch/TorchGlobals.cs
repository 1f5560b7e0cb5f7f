using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>
/// What the pickle of a PyTorch file may name and call: the functions that rebuild tensors, by our own versions of them.
/// Everything else is refused by name when it is named, before it could be called.
/// </summary>
/// <param name="input">The pickle, for messages.</param>
internal sealed class TorchGlobals(PickleInput input)
{
    private const string Utils = "torch._utils";
    private const int MaxAxes = 64;

    private readonly Dictionary<string, TorchStorage> _storages = [];

    // One list may fill many dicts, so the operations of the pickle alone do not bound the work.
    private int _pairsLeft = 1_000_000;

    /// <summary>A value in words for a message.</summary>
    public static string Describe(object? value) => value switch
    {
        PickleGlobal global => global.ToString(),
        TorchTensor => "a tensor",
        TorchStorage => "a storage",
        PickleDict => "a dict",
        PickleList => "a list",
        PickleTuple => "a tuple",
        string => "text",
        null => "None",
        _ => "a number",
    };

    /// <summary>The class or function of a name, if files of tensors need it.</summary>
    /// <exception cref="FcnSharpException">They do not.</exception>
    public PickleGlobal Find(string module, string name)
    {
        PickleGlobal global = new(module, name);
        bool known = (module, name) switch
        {
            ("collections", "OrderedDict") => true,
            (Utils, "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_parameter") => true,
            ("torch", "Size" or "device") => true,
            ("torch", "float32" or "float64" or "float16" or "bfloat16" or "int64" or "int32" or "int16" or "int8" or "uint8" or "bool") => true,
            _ => StorageType(global) is not null,
        };
        return known ? global : throw input.Refused($"to call {global}");
    }

    /// <summary>Does what a call of the function would do.</summary>
    /// <exception cref="FcnSharpException">The arguments are not the function's, or it is a type that needs no call.</exception>
    public object Call(PickleGlobal function, object?[] arguments)
    {
        switch (function.Name)
        {
            case "OrderedDict" when arguments.Length <= 1:
                return NewDict(arguments);
            case "_rebuild_tensor" or "_rebuild_tensor_v2" when arguments is [TorchStorage storage, long offset, PickleTuple sizes, PickleTuple strides, ..]:
                return NewTensor(storage, offset, sizes, strides);
            case "_rebuild_parameter" when arguments is [TorchTensor tensor, ..]:
                return tensor;
            case "Size" when arguments is [PickleTuple sizes]:
                return sizes;
            case "device" when arguments is [string name, ..]:
                return name;
            case "OrderedDict" or "_rebuild_tensor" or "_rebuild_tensor_v2" or "_rebuild_parameter" or "Size" or "device":
                throw input.Invalid($"it calls {function} with arguments that are not that function's");
            default:
                throw input.Refused($"to call {function}");
        }
    }

    /// <summary>The storage that a persistent id stands for: ('storage', type, key, location, element count[, view]).</summary>
    /// <exception cref="FcnSharpException">The id is none of a storage, or contradicts an earlier one of the same key.</exception>
    public TorchStorage Storage(object? id)
    {
        if (id is not PickleTuple { Items: ["storage", PickleGlobal global, string key, _, long count, .. object?[] view] } || StorageType(global) is not { } type)
        {
            throw input.Refused("an object of its own that is no storage of tensors");
        }

        if (view.Length > 1 || (view.Length == 1 && view[0] is not null))
        {
            throw input.Refused("a view of a storage, as PyTorch wrote them before 0.4");
        }

        if (count < 0 || count > long.MaxValue / 8)
        {
            throw input.Invalid(string.Create(CultureInfo.InvariantCulture, $"storage {ErrorText.Quote(key)} has {count} elements"));
        }

        TorchStorage storage = new(key, type, count);
        if (_storages.TryAdd(key, storage))
        {
            return storage;
        }

        return _storages[key] == storage ? _storages[key] : throw input.Invalid($"storage {ErrorText.Quote(key)} has two types or sizes");
    }

    /// <summary>The storage of a key, null when no persistent id has named it.</summary>
    public TorchStorage? FindStorage(string key) => _storages.GetValueOrDefault(key);

    private static ElementType? StorageType(PickleGlobal global) => global.Module is not ("torch" or "torch.cuda") ? null : global.Name switch
    {
        "FloatStorage" => ElementType.F32,
        "DoubleStorage" => ElementType.F64,
        "HalfStorage" => ElementType.F16,
        "BFloat16Storage" => ElementType.BF16,
        "LongStorage" => ElementType.I64,
        "IntStorage" => ElementType.I32,
        "ShortStorage" => ElementType.I16,
        "CharStorage" => ElementType.I8,
        "ByteStorage" => ElementType.U8,
        "BoolStorage" => ElementType.Bool,
        _ => null,
    };

    private static bool AreLongs(PickleTuple tuple, [NotNullWhen(true)] out long[]? numbers)
    {
        numbers = tuple.Items.Length <= MaxAxes && tuple.Items.All(item => item is long) ? [.. tuple.Items.Cast<long>()] : null;
        return numbers is not null;
    }

    private PickleDict NewDict(object?[] arguments)
    {
        PickleDict dict = new();
        if (arguments is [PickleList pairs])
        {
            _pairsLeft -= pairs.Items.Count;
            if (_pairsLeft < 0)
            {
                throw input.Invalid("it fills too many dicts");
            }

            foreach (object? pair in pairs.Items)
            {
                IReadOnlyList<object?>? items = pair is PickleTuple tuple ? tuple.Items : (pair as PickleList)?.Items;
                if (items is not [var key, var value])
                {
                    throw input.Invalid("it fills an OrderedDict with what are no pairs");
                }

                dict.Set(key, value);
            }
        }
        else if (arguments.Length > 0)
        {
            throw input.Invalid("it fills an OrderedDict with what is no list");
        }

        return dict;
    }

    private TorchTensor NewTensor(TorchStorage storage, long offset, PickleTuple sizes, PickleTuple strides)
    {
        if (!AreLongs(sizes, out long[]? size) || !AreLongs(strides, out long[]? stride))
        {
            throw input.Invalid("it builds a tensor whose sizes and strides are no whole numbers");
        }

        TorchTensor tensor = new(storage, offset, size, stride);
        return tensor.Problem() is { } problem
            ? throw input.Invalid($"a tensor of {ShapeText.Describe(size)} on storage {ErrorText.Quote(storage.Key)} {problem}")
            : tensor;
    }
}
