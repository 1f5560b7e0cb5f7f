using System.Text.Json;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Labels;

/// <summary>One outline of a LabelMe file.</summary>
/// <param name="Label">The class's name.</param>
/// <param name="Kind">polygon, rectangle or circle.</param>
/// <param name="Points">Its points in pixels, the upper left corner of the picture being (0, 0).</param>
internal sealed record LabelMeShape(string Label, string Kind, (double X, double Y)[] Points);

/// <summary>The annotations of one picture as LabelMe saves them.</summary>
/// <param name="Width">The picture's width; null where the file does not say.</param>
/// <param name="Height">The picture's height; null where the file does not say.</param>
/// <param name="Shapes">The outlines, the uppermost last.</param>
internal sealed record LabelMeFile(int? Width, int? Height, IReadOnlyList<LabelMeShape> Shapes)
{
    private const long MaxBytes = 256 << 20;
    private const int MaxPoints = 200_000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FcnSharpException">It cannot be read, is no JSON, or has shapes that enclose no area.</exception>
    public static LabelMeFile Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > MaxBytes)
            {
                throw new FcnSharpException($"{path}: the file has {stream.Length} bytes, the limit is {MaxBytes}; save it without the picture inside (labelme --nodata).");
            }

            using JsonDocument document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 32 });
            return Parse(path, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FcnSharpException($"{path}: the file is no complete JSON (line {(e.LineNumber ?? 0) + 1}); save the annotations again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{path}: the file could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that it exists and may be read.", e);
        }
    }

    private static LabelMeFile Parse(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("shapes", out JsonElement shapes) || shapes.ValueKind != JsonValueKind.Array)
        {
            throw new FcnSharpException($"{path}: expected a LabelMe file with a list 'shapes', found none; remove the file or save the annotations again.");
        }

        List<LabelMeShape> list = [];
        int points = 0;
        foreach (JsonElement element in shapes.EnumerateArray())
        {
            LabelMeShape shape = Shape(path, list.Count, element);
            points += shape.Points.Length;
            list.Add(points <= MaxPoints ? shape : throw new FcnSharpException($"{path}: the shapes have more than {MaxPoints} points; simplify the outlines."));
        }

        return new(Side(root, "imageWidth"), Side(root, "imageHeight"), list);
    }

    private static LabelMeShape Shape(string path, int index, JsonElement element)
    {
        string kind = element.ValueKind == JsonValueKind.Object && element.TryGetProperty("shape_type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "polygon";
        if (element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty("label", out JsonElement label) || label.ValueKind != JsonValueKind.String
            || !element.TryGetProperty("points", out JsonElement points) || points.ValueKind != JsonValueKind.Array
            || points.EnumerateArray().Any(point => !IsPoint(point)))
        {
            throw new FcnSharpException($"{path}: shape {index + 1} has no label or no list of points [x, y]; save the annotations again.");
        }

        (double X, double Y)[] found = [.. points.EnumerateArray().Select(point => (point[0].GetDouble(), point[1].GetDouble()))];
        bool fits = kind switch
        {
            "polygon" => found.Length >= 3,
            "rectangle" or "circle" => found.Length == 2,
            _ => throw new FcnSharpException($"{path}: shape {index + 1} ('{label.GetString()}') is a {kind}, expected polygon, rectangle or circle; outline the area instead."),
        };
        return fits
            ? new(label.GetString()!, kind, found)
            : throw new FcnSharpException($"{path}: shape {index + 1} ('{label.GetString()}') is a {kind} of {found.Length} points, expected {(kind == "polygon" ? "at least 3" : "2")}; draw it again.");
    }

    private static bool IsPoint(JsonElement point) =>
        point.ValueKind == JsonValueKind.Array && point.GetArrayLength() == 2
        && point.EnumerateArray().All(value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && Math.Abs(number) < 1e9);

    private static int? Side(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int side) ? side : null;
}
