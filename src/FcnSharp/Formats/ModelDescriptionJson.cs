using System.Text.Json;

namespace FcnSharp.Formats;

/// <summary>A model's description as the JSON document that a file's metadata holds; docs/formats.md shows one.</summary>
internal static class ModelDescriptionJson
{
    /// <summary>The description as JSON: the same text for the same description, numbers that read back to the same bits.</summary>
    public static string Write(ModelDescription description) => MetadataJson.Write(json =>
    {
        json.WriteStartObject("architecture");
        json.WriteString("name", description.Architecture.Name);
        MetadataJson.WriteMap(json, "options", description.Architecture.Options);
        json.WriteEndObject();

        json.WriteStartArray("classes");
        foreach (ClassInfo info in description.Classes)
        {
            json.WriteStartObject();
            json.WriteString("name", info.Name);
            json.WriteStartArray("rgb");
            json.WriteNumberValue(info.R);
            json.WriteNumberValue(info.G);
            json.WriteNumberValue(info.B);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WritePreprocessing(json, description.Preprocessing);
        MetadataJson.WriteMap(json, "recipe", description.Recipe);
        if (description.Metrics is not null)
        {
            WriteMetrics(json, description.Metrics);
        }

        if (description.Created is { } created)
        {
            json.WriteString("created", created.UtcDateTime);
        }
    });

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="Tensors.FcnSharpException">The document is not one of ours.</exception>
    public static ModelDescription Read(JsonField root)
    {
        JsonField architecture = root.Get("architecture");
        ModelDescription description = new(
            new ModelArchitecture(architecture.Get("name").Text(), architecture.Get("options").Map()),
            root.Get("classes").Items(ReadClass),
            ReadPreprocessing(root.Get("preprocessing")))
        {
            Recipe = root.Get("recipe").Map(),
            Metrics = root.Find("metrics") is { } metrics ? ReadMetrics(metrics) : null,
            Created = root.Find("created")?.Date(),
        };

        return description.Problem() is { } problem ? throw root.Refuse($"a sound description ({problem})") : description;
    }

    private static void WritePreprocessing(Utf8JsonWriter json, Preprocessing preprocessing)
    {
        json.WriteStartObject("preprocessing");
        json.WriteString("order", preprocessing.Order == ChannelOrder.Rgb ? "RGB" : "BGR");
        WriteFloats(json, "mean", preprocessing.Mean);
        WriteFloats(json, "scale", preprocessing.Scale);
        json.WriteEndObject();
    }

    private static void WriteFloats(Utf8JsonWriter json, string name, IReadOnlyList<float> values)
    {
        json.WriteStartArray(name);
        foreach (float value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteMetrics(Utf8JsonWriter json, ModelMetrics metrics)
    {
        json.WriteStartObject("metrics");
        WriteMetric(json, "pixelAccuracy", metrics.PixelAccuracy);
        WriteMetric(json, "meanAccuracy", metrics.MeanAccuracy);
        WriteMetric(json, "meanIoU", metrics.MeanIoU);
        WriteMetric(json, "frequencyWeightedIoU", metrics.FrequencyWeightedIoU);
        json.WriteStartArray("classIoU");
        foreach (double value in metrics.ClassIoU)
        {
            WriteMetric(json, value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMetric(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        WriteMetric(json, value);
    }

    private static void WriteMetric(Utf8JsonWriter json, double value)
    {
        if (double.IsNaN(value))
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    private static ClassInfo ReadClass(JsonField field) => field.Get("rgb").Items(c => c.Byte()) is [byte r, byte g, byte b]
        ? new ClassInfo(field.Get("name").Text(), r, g, b)
        : throw field.Refuse("three colour values");

    private static Preprocessing ReadPreprocessing(JsonField field)
    {
        ChannelOrder order = field.Get("order").Text() switch
        {
            "RGB" => ChannelOrder.Rgb,
            "BGR" => ChannelOrder.Bgr,
            _ => throw field.Get("order").Refuse("RGB or BGR"),
        };
        return new Preprocessing(order, field.Get("mean").Items(m => m.Single()), field.Get("scale").Items(s => s.Single()));
    }

    private static ModelMetrics ReadMetrics(JsonField field) => new(
        ReadMetric(field, "pixelAccuracy"),
        ReadMetric(field, "meanAccuracy"),
        ReadMetric(field, "meanIoU"),
        ReadMetric(field, "frequencyWeightedIoU"),
        field.Get("classIoU").Items(v => v.DoubleOrNaN()));

    private static double ReadMetric(JsonField field, string name) => field.Find(name)?.DoubleOrNaN() ?? double.NaN;
}
