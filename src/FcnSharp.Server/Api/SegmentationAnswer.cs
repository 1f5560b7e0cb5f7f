using System.Diagnostics;
using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Server.Models;
using FcnSharp.Server.Work;
using FcnSharp.Tensors;

namespace FcnSharp.Server.Api;

/// <summary>What a request wants to know of its image, and how that is written.</summary>
internal sealed class SegmentationAnswer(SegmentQuery query, AnswerKind kind, ServedModel model)
{
    private const string PngType = "image/png";
    private const string DataUrl = "data:image/png;base64,";

    /// <summary>The most borders between pixels of different classes for which polygons are made: each is a corner's worth of memory. Photos have a hundred times fewer.</summary>
    private const long MaxBorders = 8_000_000;

    /// <summary>Whether the model has to tell how sure it is.</summary>
    public bool NeedsConfidence => kind.View is null or View.Confidence;

    /// <summary>The bytes for each pixel that the answer may take, beside the image and its classes.</summary>
    public int BytesPerPixel => (NeedsConfidence ? 4 : 0) + (kind.View, query.Include) switch
    {
        (View.Overlay, _) => 6,
        (not null, _) => 1,
        (null, var parts) => (parts.HasFlag(Parts.Overlay) ? 8 : 0) + (parts.HasFlag(Parts.Rle) ? 8 : 0) + (parts.HasFlag(Parts.Polygons) ? 8 : 0) + 2,
    };

    /// <summary>Writes the answer.</summary>
    /// <exception cref="FcnSharpException">It would be too large.</exception>
    public EncodedAnswer Encode(RgbImage image, Segmentation result, RequestRecord record)
    {
        long start = Stopwatch.GetTimestamp();
        if (kind.View is { } view)
        {
            byte[] picture = EncodeView(view, image, result);
            record.Add(Phase.Encode, Stopwatch.GetElapsedTime(start));
            return new EncodedAnswer(PngType, picture);
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            WriteJson(json, image, result, record, start);
        }

        return new EncodedAnswer("application/json; charset=utf-8", stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }

    private void WriteJson(Utf8JsonWriter json, RgbImage image, Segmentation result, RequestRecord record, long start)
    {
        json.WriteStartObject();
        json.WriteString("model", model.Name);
        json.WriteNumber("width", result.Width);
        json.WriteNumber("height", result.Height);
        WriteClasses(json, result);
        WritePicture(json, Parts.Mask, "mask", View.Mask, image, result);
        WritePicture(json, Parts.Confidence, "confidence", View.Confidence, image, result);
        WritePicture(json, Parts.Overlay, "overlay", View.Overlay, image, result);
        if (query.Include.HasFlag(Parts.Rle))
        {
            WriteRuns(json, result.Map);
        }

        if (query.Include.HasFlag(Parts.Polygons))
        {
            WritePolygons(json, result);
        }

        // Last, so that they tell of all that was done.
        record.Add(Phase.Encode, Stopwatch.GetElapsedTime(start));
        json.WriteStartObject("milliseconds");
        json.WriteNumber("queue", record[Phase.Queue]);
        json.WriteNumber("decode", record[Phase.Decode]);
        json.WriteNumber("compute", record[Phase.Compute]);
        json.WriteNumber("encode", record[Phase.Encode]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteClasses(Utf8JsonWriter json, Segmentation result)
    {
        json.WriteStartArray("classes");
        foreach (ClassArea area in result.Areas())
        {
            json.WriteStartObject();
            json.WriteNumber("id", area.Index);
            json.WriteString("name", area.Class.Name);
            json.WriteString("color", InfoEndpoints.ColorOf(area.Class));
            json.WriteNumber("pixels", area.Pixels);
            json.WriteNumber("share", Math.Round(area.Share, 6));
            json.WriteNumber("confidence", Math.Round(area.Confidence ?? 0, 4));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WritePicture(Utf8JsonWriter json, Parts part, string name, View view, RgbImage image, Segmentation result)
    {
        if (query.Include.HasFlag(part))
        {
            json.WriteString(name, DataUrl + Convert.ToBase64String(EncodeView(view, image, result)));
        }
    }

    private static void WriteRuns(Utf8JsonWriter json, LabelMap map)
    {
        json.WriteStartObject("rle");
        json.WriteString("order", "row-major");
        json.WriteStartArray("counts");
        ReadOnlySpan<ushort> labels = map.Labels;
        while (labels.Length > 0)
        {
            int length = labels.IndexOfAnyExcept(labels[0]);
            length = length < 0 ? labels.Length : length;
            json.WriteStartArray();
            json.WriteNumberValue(labels[0]);
            json.WriteNumberValue(length);
            json.WriteEndArray();
            labels = labels[length..];
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WritePolygons(Utf8JsonWriter json, Segmentation result)
    {
        if (Borders(result.Map) > MaxBorders)
        {
            throw new FcnSharpException("The classes are too ragged for polygons; ask for rle or mask, or send a smaller image.");
        }

        json.WriteStartArray("polygons");
        foreach (ClassPolygon polygon in result.Polygons(query.Polygons))
        {
            json.WriteStartObject();
            json.WriteNumber("class", polygon.Index);
            json.WriteNumber("area", polygon.Pixels);
            json.WritePropertyName("exterior");
            WriteRing(json, polygon.Exterior);
            json.WriteStartArray("holes");
            foreach (IReadOnlyList<PixelPoint> hole in polygon.Holes)
            {
                WriteRing(json, hole);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRing(Utf8JsonWriter json, IReadOnlyList<PixelPoint> ring)
    {
        json.WriteStartArray();
        foreach (PixelPoint point in ring)
        {
            json.WriteStartArray();
            json.WriteNumberValue(point.X);
            json.WriteNumberValue(point.Y);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static long Borders(LabelMap map)
    {
        long borders = 0;
        for (int y = 0; y < map.Height; y++)
        {
            ReadOnlySpan<ushort> row = map.Row(y);
            ReadOnlySpan<ushort> above = map.Row(Math.Max(0, y - 1));
            for (int x = 0; x < row.Length; x++)
            {
                borders += (row[x] != above[x] ? 1 : 0) + (x > 0 && row[x] != row[x - 1] ? 1 : 0);
            }
        }

        return borders;
    }

    private byte[] EncodeView(View view, RgbImage image, Segmentation result) => view switch
    {
        View.Mask => result.EncodeMask(),
        View.Overlay => Pack(PngColorType.Rgb, result.Overlay(image, query.Opacity)),
        _ => PackConfidence(result),
    };

    /// <summary>Packed fast and not small: where the net keeps all cores busy, the time of packing a photo well is lost to it.</summary>
    private static byte[] Pack(PngColorType type, RgbImage image)
    {
        using MemoryStream stream = new();
        using (PngWriter writer = new(stream, image.Width, image.Height, type, 8, packing: PngPacking.Quick))
        {
            for (int y = 0; y < image.Height; y++)
            {
                writer.WriteRow(image.Row(y));
            }

            writer.Finish();
        }

        return stream.ToArray();
    }

    private static byte[] PackConfidence(Segmentation result)
    {
        using MemoryStream stream = new();
        using (PngWriter writer = new(stream, result.Width, result.Height, PngColorType.Grey, 8, packing: PngPacking.Quick))
        {
            byte[] row = new byte[result.Width];
            for (int y = 0; y < result.Height; y++)
            {
                ReadOnlySpan<float> sure = result.Confidence.Span.Slice(y * result.Width, result.Width);
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] = (byte)MathF.Round(sure[x] * byte.MaxValue);
                }

                writer.WriteRow(row);
            }

            writer.Finish();
        }

        return stream.ToArray();
    }
}
