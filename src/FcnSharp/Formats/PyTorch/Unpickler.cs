using System.Globalization;
using System.Numerics;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>
/// Reads a pickle of the protocols 2 to 5 as far as files of tensors use them. A pickle is a program for a stack machine
/// that can call any function of Python; this machine builds plain values and tensors, and refuses all else by name.
/// Source: the documentation of Python's modules pickle and pickletools.
/// </summary>
/// <param name="input">Stands at the pickle's first byte.</param>
/// <param name="globals">Decides what the pickle may name and call.</param>
internal sealed class Unpickler(PickleInput input, TorchGlobals globals)
{
    /// <summary>A tensor takes about 30 operations, so this is room for some 30,000 of them.</summary>
    private const int MaxOperations = 1_000_000;

    private const int MaxProtocol = 5;
    private const int MaxLongBytes = 64;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<object?> _memo = [];

    /// <summary>Reads one pickle to its end and returns the value it describes.</summary>
    /// <exception cref="FcnSharpException">The pickle is broken, out of bounds, or wants more than tensors.</exception>
    public object? Read()
    {
        for (int count = 0; count < MaxOperations; count++)
        {
            byte code = input.Byte();
            if (code == '.')
            {
                return _stack.Count == 1 && _marks.Count == 0 ? _stack[0] : throw input.Invalid("it stops before its value is complete");
            }

            Execute(code);
        }

        throw input.Invalid(string.Create(CultureInfo.InvariantCulture, $"it has more than {MaxOperations} operations"));
    }

    private void Execute(byte code)
    {
        switch (code)
        {
            case 0x80:
                CheckProtocol(input.Byte());
                break;
            case 0x95:
                input.Length64();
                break;
            case (byte)'(':
                _marks.Add(_stack.Count);
                break;
            case (byte)'0':
                Pop();
                break;
            case (byte)'1':
                PopToMark();
                break;
            default:
                if (!PushesScalar(code) && !BuildsContainer(code) && !UsesMemo(code) && !NamesOrCalls(code))
                {
                    throw Unknown(code);
                }

                break;
        }
    }

    private bool PushesScalar(byte code)
    {
        object? value;
        switch (code)
        {
            case (byte)'N':
                value = null;
                break;
            case 0x88 or 0x89:
                value = code == 0x88;
                break;
            case (byte)'J':
                value = (long)input.Int32();
                break;
            case (byte)'K':
                value = (long)input.Byte();
                break;
            case (byte)'M':
                value = (long)input.UInt16();
                break;
            case 0x8A:
                value = LongInteger(input.Byte());
                break;
            case (byte)'G':
                value = input.Double();
                break;
            case (byte)'X':
                value = input.Utf8(input.Length32());
                break;
            case 0x8C:
                value = input.Utf8(input.Byte());
                break;
            case 0x8D:
                value = input.Utf8(input.Length64());
                break;
            case (byte)'U':
                value = input.Latin1(input.Byte());
                break;
            case (byte)'T':
                value = input.Latin1(input.Length32());
                break;
            default:
                return false;
        }

        _stack.Add(value);
        return true;
    }

    private bool BuildsContainer(byte code)
    {
        switch (code)
        {
            case (byte)')':
                _stack.Add(PickleTuple.Empty);
                break;
            case (byte)'t':
                _stack.Add(new PickleTuple(PopToMark()));
                break;
            case 0x85 or 0x86 or 0x87:
                object?[] items = new object?[code - 0x84];
                for (int i = items.Length - 1; i >= 0; i--)
                {
                    items[i] = Pop();
                }

                _stack.Add(new PickleTuple(items));
                break;
            case (byte)']':
                _stack.Add(new PickleList());
                break;
            case (byte)'a':
                Append([Pop()]);
                break;
            case (byte)'e':
                Append(PopToMark());
                break;
            case (byte)'}':
                _stack.Add(new PickleDict());
                break;
            case (byte)'s':
                object? value = Pop();
                Set([Pop(), value]);
                break;
            case (byte)'u':
                Set(PopToMark());
                break;
            default:
                return false;
        }

        return true;
    }

    private bool UsesMemo(byte code)
    {
        switch (code)
        {
            case (byte)'q':
                Memoize(input.Byte());
                break;
            case (byte)'r':
                Memoize(input.Int32());
                break;
            case 0x94:
                Memoize(_memo.Count);
                break;
            case (byte)'h':
                Recall(input.Byte());
                break;
            case (byte)'j':
                Recall(input.Int32());
                break;
            default:
                return false;
        }

        return true;
    }

    private bool NamesOrCalls(byte code)
    {
        switch (code)
        {
            case (byte)'c':
                string module = input.Line();
                _stack.Add(globals.Find(module, input.Line()));
                break;
            case 0x93:
                object? name = Pop();
                _stack.Add(Pop() is string from && name is string text ? globals.Find(from, text) : throw input.Invalid("it names a function by what is no text"));
                break;
            case (byte)'R':
                object? arguments = Pop();
                object? function = Pop();
                _stack.Add(Call(function, arguments));
                break;
            case (byte)'Q':
                _stack.Add(globals.Storage(Pop()));
                break;
            case (byte)'b':
                // The state of an OrderedDict is bookkeeping of PyTorch (the versions of the layers); a tensor's would be code's.
                Pop();
                _ = Peek() as PickleDict ?? throw input.Refused($"to set the state of {TorchGlobals.Describe(Peek())}");
                break;
            case 0x81 or 0x92:
                throw Constructs(code);
            case (byte)'i':
                string owner = input.Line();
                throw input.Refused($"to call {ErrorText.OneLine($"{owner}.{input.Line()}")}");
            default:
                return false;
        }

        return true;
    }

    private object Call(object? function, object? arguments) => function is PickleGlobal global && arguments is PickleTuple tuple
        ? globals.Call(global, tuple.Items)
        : throw input.Refused($"to call {TorchGlobals.Describe(function)}");

    private FcnSharpException Constructs(byte code)
    {
        for (int further = code == 0x92 ? 2 : 1; further > 0; further--)
        {
            Pop();
        }

        return input.Refused($"to construct {TorchGlobals.Describe(Pop())}");
    }

    private void CheckProtocol(byte protocol)
    {
        if (protocol is < 2 or > MaxProtocol)
        {
            throw input.Invalid(string.Create(CultureInfo.InvariantCulture, $"it has the protocol {protocol}, expected 2 to {MaxProtocol}"));
        }
    }

    private object LongInteger(int length)
    {
        if (length > MaxLongBytes)
        {
            throw input.Invalid(string.Create(CultureInfo.InvariantCulture, $"it holds a whole number of {length} bytes, expected at most {MaxLongBytes}"));
        }

        BigInteger value = new(input.Take(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private void Append(object?[] items)
    {
        if (Peek() is not PickleList list)
        {
            throw input.Invalid("it appends to what is no list");
        }

        list.Items.AddRange(items);
    }

    private void Set(object?[] pairs)
    {
        if (Peek() is not PickleDict dict || pairs.Length % 2 != 0)
        {
            throw input.Invalid("it sets items of what is no dict, or a key without its value");
        }

        for (int i = 0; i < pairs.Length; i += 2)
        {
            dict.Set(pairs[i], pairs[i + 1]);
        }
    }

    // Python numbers the memo as it fills it; any other order would only serve to make the memo large.
    private void Memoize(int index)
    {
        if (index < 0 || index > _memo.Count)
        {
            throw input.Invalid("it remembers values out of order");
        }

        if (index == _memo.Count)
        {
            _memo.Add(Peek());
        }
        else
        {
            _memo[index] = Peek();
        }
    }

    private void Recall(int index) => _stack.Add(index >= 0 && index < _memo.Count ? _memo[index] : throw input.Invalid("it recalls a value that it never remembered"));

    private object? Peek() => _stack.Count > Floor() ? _stack[^1] : throw Underflow();

    private object? Pop()
    {
        object? top = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Underflow();
        }

        int mark = Floor();
        _marks.RemoveAt(_marks.Count - 1);
        object?[] items = [.. _stack[mark..]];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    // What lies below the last mark is out of reach until the mark is taken away.
    private int Floor() => _marks.Count > 0 ? _marks[^1] : 0;

    private FcnSharpException Underflow() => input.Invalid("it takes a value where there is none");

    private FcnSharpException Unknown(byte code) =>
        input.Refused(string.Create(CultureInfo.InvariantCulture, $"the operation 0x{code:x2}, which files of tensors do not use"));
}
