using System.Text.Json;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>A value in a JSON document of a file's metadata, with where it stands, so that a refusal can say so.</summary>
/// <param name="Element">The value.</param>
/// <param name="Where">The way to it, such as "preprocessing.mean".</param>
/// <param name="Path">The file, for messages.</param>
internal readonly record struct JsonField(JsonElement Element, string Where, string Path)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Parses a document and hands its root to a reader; all that JSON itself refuses becomes one line.</summary>
    /// <exception cref="FcnSharpException">The text is not JSON, or not what the reader expects.</exception>
    public static T Parse<T>(string json, string key, string path, Func<JsonField, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            return read(new JsonField(document.RootElement, key, path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how JsonElement refuses a string that is not Unicode and a property of a non-object.
            throw new FcnSharpException($"{ErrorText.OneLine(path)}: its metadata '{key}' is not a JSON object of ours; the file was changed or damaged: export or train it again.", e);
        }
    }

    /// <summary>A property that must be there.</summary>
    public JsonField Get(string name) => Find(name) ?? throw Refuse($"'{name}' to be there");

    /// <summary>A property, or null when it is absent or JSON's null.</summary>
    public JsonField? Find(string name) =>
        Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new JsonField(value, $"{Where}.{name}", Path)
            : null;

    /// <summary>A string.</summary>
    public string Text() => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw Refuse("text");

    /// <summary>A 64-bit integer.</summary>
    public long Integer() => IsNumber && Element.TryGetInt64(out long value) ? value : throw Refuse("a whole number of 64 bits");

    /// <summary>An integer from 0 to 255.</summary>
    public byte Byte() => IsNumber && Element.TryGetByte(out byte value) ? value : throw Refuse("a whole number from 0 to 255");

    /// <summary>A 32-bit float.</summary>
    public float Single() => IsNumber && Element.TryGetSingle(out float value) ? value : throw Refuse("a number");

    /// <summary>A 64-bit float; null stands for NaN, which JSON cannot write.</summary>
    public double DoubleOrNaN()
    {
        if (Element.ValueKind == JsonValueKind.Null)
        {
            return double.NaN;
        }

        return IsNumber && Element.TryGetDouble(out double value) ? value : throw Refuse("a number or null");
    }

    /// <summary>A date and time in ISO 8601.</summary>
    public DateTimeOffset Date() =>
        Element.ValueKind == JsonValueKind.String && Element.TryGetDateTimeOffset(out DateTimeOffset value) ? value : throw Refuse("a date");

    /// <summary>Every element of an array, read.</summary>
    public List<T> Items<T>(Func<JsonField, T> read)
    {
        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Refuse("an array");
        }

        List<T> items = new(Element.GetArrayLength());
        foreach (JsonElement item in Element.EnumerateArray())
        {
            items.Add(read(new JsonField(item, Where, Path)));
        }

        return items;
    }

    /// <summary>An object whose values are strings.</summary>
    public Dictionary<string, string> Map()
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Refuse("an object");
        }

        Dictionary<string, string> map = [];
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            map.Add(property.Name, new JsonField(property.Value, Where, Path).Text());
        }

        return map;
    }

    /// <summary>The refusal of this value.</summary>
    /// <param name="expected">What should be there.</param>
    public FcnSharpException Refuse(string expected) =>
        new($"{ErrorText.OneLine(Path)}: expected {expected} in its metadata at {Where}; the file was changed or damaged: export or train it again.");

    private bool IsNumber => Element.ValueKind == JsonValueKind.Number;
}
