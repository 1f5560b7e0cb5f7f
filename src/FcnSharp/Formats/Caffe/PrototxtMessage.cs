using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>
/// A message of the text format: its fields in the order of the file, and typed access to them. A field that is read as one
/// value may stand there once only; values of the wrong kind are refused with their place in the file.
/// </summary>
public sealed class PrototxtMessage
{
    private readonly Dictionary<string, List<PrototxtField>> _byName = [];

    internal PrototxtMessage(string source, int line, int column, IReadOnlyList<PrototxtField> fields)
    {
        (Source, Line, Column, Fields) = (source, line, column, fields);
        foreach (PrototxtField field in fields)
        {
            if (!_byName.TryGetValue(field.Name, out List<PrototxtField>? list))
            {
                _byName.Add(field.Name, list = []);
            }

            list.Add(field);
        }
    }

    /// <summary>The file.</summary>
    public string Source { get; }

    /// <summary>The line on which it begins, from 1.</summary>
    public int Line { get; }

    /// <summary>The column at which it begins, from 1.</summary>
    public int Column { get; }

    /// <summary>The fields in the order of the file.</summary>
    public IReadOnlyList<PrototxtField> Fields { get; }

    /// <summary>Whether a field of this name is there.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>All fields of this name.</summary>
    public IReadOnlyList<PrototxtField> All(string name) => _byName.TryGetValue(name, out List<PrototxtField>? list) ? list : [];

    /// <summary>A text in quotes, or the default.</summary>
    public string Text(string name, string otherwise = "") => One(name) is { } field ? TextOf(field) : otherwise;

    /// <summary>A whole number, or the default.</summary>
    public int Integer(string name, int otherwise) => One(name) is { } field ? IntegerOf(field) : otherwise;

    /// <summary>A finite number, or the default.</summary>
    public float Number(string name, float otherwise) => One(name) is { } field ? NumberOf(field) : otherwise;

    /// <summary>A truth value, or the default.</summary>
    public bool Flag(string name, bool otherwise) => One(name) is not { } field ? otherwise : field.Text switch
    {
        _ when field.Kind is PrototxtKind.Text or PrototxtKind.Message => throw Wrong(field, "true or false"),
        "true" or "True" or "t" or "1" => true,
        "false" or "False" or "f" or "0" => false,
        _ => throw Wrong(field, "true or false"),
    };

    /// <summary>A bare word, such as MAX, or the default.</summary>
    public string Word(string name, string otherwise) => One(name) is not { } field ? otherwise
        : field.Kind == PrototxtKind.Identifier ? field.Text : throw Wrong(field, "a name without quotes");

    /// <summary>A nested message; null when there is none.</summary>
    public PrototxtMessage? Message(string name) => One(name) is { } field ? MessageOf(field) : null;

    /// <summary>All texts of this name.</summary>
    public IReadOnlyList<string> Texts(string name) => [.. All(name).Select(TextOf)];

    /// <summary>All whole numbers of this name.</summary>
    public IReadOnlyList<int> Integers(string name) => [.. All(name).Select(IntegerOf)];

    /// <summary>All numbers of this name.</summary>
    public IReadOnlyList<float> Numbers(string name) => [.. All(name).Select(NumberOf)];

    /// <summary>All nested messages of this name.</summary>
    public IReadOnlyList<PrototxtMessage> Messages(string name) => [.. All(name).Select(MessageOf)];

    /// <summary>A refusal that names where the message begins; the problem is a sentence without its full stop.</summary>
    internal FcnSharpException Error(string problem, Exception? cause = null) => PrototxtError.At(Source, Line, Column, problem, cause);

    /// <summary>A refusal that names where a field stands.</summary>
    internal FcnSharpException Error(PrototxtField field, string problem) => PrototxtError.At(Source, field.Line, field.Column, problem);

    /// <summary>Refuses fields of other names: a misspelled one would silently give another net.</summary>
    internal void ExpectOnly(string what, IReadOnlySet<string> names)
    {
        foreach (PrototxtField field in Fields)
        {
            if (!names.Contains(field.Name))
            {
                throw Error(field, $"{what} has no field {ErrorText.Quote(field.Name)} that is known here; correct its spelling or remove it");
            }
        }
    }

    private PrototxtField? One(string name)
    {
        IReadOnlyList<PrototxtField> all = All(name);
        return all.Count switch
        {
            0 => null,
            1 => all[0],
            _ => throw Error(all[1], $"{ErrorText.Quote(name)} stands here twice, expected once; remove one"),
        };
    }

    private string TextOf(PrototxtField field) => field.Kind == PrototxtKind.Text ? field.Text : throw Wrong(field, "a text in quotes");

    private PrototxtMessage MessageOf(PrototxtField field) => field.Message ?? throw Wrong(field, "a message in braces");

    private int IntegerOf(PrototxtField field)
    {
        if (field.Kind != PrototxtKind.Number)
        {
            throw Wrong(field, "a whole number");
        }

        bool negative = field.Text.StartsWith('-');
        ReadOnlySpan<char> digits = field.Text.AsSpan(negative ? 1 : 0);
        long value;
        bool valid = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0
            : digits.Length > 1 && digits[0] == '0'
                ? TryParseOctal(digits, out value)
                : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        value = negative ? -value : value;
        return valid && value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Wrong(field, "a whole number of 32 bits");
    }

    private static bool TryParseOctal(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > int.MaxValue)
            {
                return false;
            }

            value = (value * 8) + (digit - '0');
        }

        return true;
    }

    private float NumberOf(PrototxtField field)
    {
        ReadOnlySpan<char> text = field.Text.AsSpan().TrimEnd("fF");
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return field.Kind == PrototxtKind.Number && float.TryParse(text, Styles, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
            ? value
            : throw Wrong(field, "a finite number");
    }

    private FcnSharpException Wrong(PrototxtField field, string expected) =>
        Error(field, $"expected {expected} for {ErrorText.Quote(field.Name)}, found {(field.Message is null ? ErrorText.Quote(field.Text) : "a message")}; correct it");
}
