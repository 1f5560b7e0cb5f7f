using System.Globalization;
using System.Text.Json;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// Reads the JSON header of a safetensors file and checks all that it claims before any memory is asked for.
/// The header is walked token by token: no document is built, so a hostile one costs no more than its own size.
/// Source: the format's description in the safetensors repository ("Format" and "Notes" of its README).
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the length of the header, in bytes.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The key of the string map that is not a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataStart;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafetensorsHeader(string path, long dataStart)
    {
        _path = path;
        _dataStart = dataStart;
    }

    /// <summary>The tensors in the order of their bytes in the file.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>The string map of the key __metadata__, empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The header's bytes, without the 8 bytes of its length.</param>
    /// <param name="dataStart">Where the data section starts in the file.</param>
    /// <param name="dataLength">How many bytes follow there.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="FcnSharpException">The header is not valid.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataStart, long dataLength, string path)
    {
        SafetensorsHeader header = new(path, dataStart);
        try
        {
            header.ReadObject(json);
        }
        catch (JsonException e)
        {
            throw header.Invalid($"its header is not JSON (line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1})", e);
        }

        header.CheckLayout(dataLength);
        return header;
    }

    private void ReadObject(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the header", "an object");
        HashSet<string> names = [];
        while (NextName(ref reader, "the header") is { } name)
        {
            if (!names.Add(name))
            {
                throw Invalid($"its header names {ErrorText.Quote(name)} twice");
            }

            if (name == MetadataKey)
            {
                ReadMetadata(ref reader);
            }
            else
            {
                _entries.Add(ReadEntry(ref reader, name));
            }
        }

        // One more step lets the reader complain of anything but white space after the object.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, MetadataKey, "an object");
        while (NextName(ref reader, MetadataKey) is { } key)
        {
            reader.Read();
            Expect(ref reader, JsonTokenType.String, $"{MetadataKey} {ErrorText.Quote(key)}", "a string");
            if (!_metadata.TryAdd(key, Text(ref reader)))
            {
                throw Invalid($"its metadata names {ErrorText.Quote(key)} twice");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string tensor = $"tensor {ErrorText.Quote(name)}";
        ElementType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, tensor, "an object");
        while (NextName(ref reader, tensor) is { } field)
        {
            switch (field)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, tensor);
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, $"the shape of {tensor}", Shape.MaxRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, $"data_offsets of {tensor}", 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Invalid($"{tensor} gives {field} twice");
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
        {
            throw Invalid($"{tensor} needs dtype, shape and two data_offsets");
        }

        return CheckedEntry(name, tensor, type.Value, CheckedShape(shape, tensor), begin, end);
    }

    private SafetensorsEntry CheckedEntry(string name, string tensor, ElementType type, Shape shape, long begin, long end)
    {
        if (begin < 0 || end < begin)
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"data_offsets of {tensor} run from {begin} to {end}"));
        }

        // No overflow: Shape keeps eight times its element count within 64 bits.
        long expected = shape.ElementCount * type.Size();
        return end - begin == expected
            ? new SafetensorsEntry(name, type, shape, begin, expected)
            : throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{tensor} of {type.FileName()} {shape} needs {expected} bytes, its data_offsets span {end - begin}"));
    }

    private Shape CheckedShape(List<long> dimensions, string tensor)
    {
        foreach (long dimension in dimensions)
        {
            if (dimension is < 1 or > int.MaxValue)
            {
                throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{tensor} has an axis of {dimension} elements, expected 1 to {int.MaxValue}"));
            }
        }

        try
        {
            return new Shape([.. dimensions.Select(d => (int)d)]);
        }
        catch (FcnSharpException e)
        {
            throw Invalid($"{tensor}: {e.Message.TrimEnd('.')}", e);
        }
    }

    private ElementType ReadType(ref Utf8JsonReader reader, string tensor)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.String, $"dtype of {tensor}", "a string");
        string name = Text(ref reader);
        return ElementTypes.FromFileName(name)
            ?? throw new FcnSharpException($"{ErrorText.OneLine(_path)}: {tensor} has the dtype {ErrorText.Quote(name)}, which is not known here; save it as F32, F16 or BF16.");
    }

    private List<long> ReadIntegers(ref Utf8JsonReader reader, string what, int atMost)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartArray, what, "an array");
        List<long> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value))
            {
                throw Invalid($"{what} should hold whole numbers that fit into 64 bits");
            }

            if (values.Count == atMost)
            {
                throw Invalid(string.Create(CultureInfo.InvariantCulture, $"{what} has more than {atMost} numbers"));
            }

            values.Add(value);
        }

        return values;
    }

    // Every byte of the data section must belong to exactly one tensor: the format forbids holes, and an overlap is an attack or an accident.
    private void CheckLayout(long dataLength)
    {
        _entries.Sort((a, b) => a.FileOffset.CompareTo(b.FileOffset));
        long end = 0;
        for (int i = 0; i < _entries.Count; i++)
        {
            SafetensorsEntry entry = _entries[i];
            if (entry.FileOffset != end)
            {
                string how = entry.FileOffset < end ? "overlaps the tensor before it" : "leaves a gap after the tensor before it";
                throw Invalid(string.Create(CultureInfo.InvariantCulture, $"tensor {ErrorText.Quote(entry.Name)} {how}: its data starts at {entry.FileOffset}, expected {end}"));
            }

            end += entry.ByteCount;
            if (end > dataLength)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)} is cut short: tensor {ErrorText.Quote(entry.Name)} needs {end} bytes of data, the file has {dataLength}; copy or download it again."));
            }

            _entries[i] = entry with { FileOffset = _dataStart + entry.FileOffset };
        }

        if (end != dataLength)
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"its tensors need {end} bytes of data, the file has {dataLength}"));
        }
    }

    // Steps to the next property and returns its name, or null at the end of the object; its value is the next token.
    private string? NextName(ref Utf8JsonReader reader, string where)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        Expect(ref reader, JsonTokenType.PropertyName, where, "names");
        return Text(ref reader);
    }

    private string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The reader checks the grammar as it goes, but the bytes of a string only when asked for it.
            throw Invalid("its header holds text that is not valid Unicode", e);
        }
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what, string expected)
    {
        if (reader.TokenType != token)
        {
            throw Invalid($"{what} should be {expected}");
        }
    }

    private FcnSharpException Invalid(string what, Exception? cause = null) =>
        new($"{ErrorText.OneLine(_path)} is not a valid safetensors file: {what}; download or export it again.", cause);
}
