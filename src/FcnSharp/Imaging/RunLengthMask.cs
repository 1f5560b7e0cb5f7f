namespace FcnSharp.Imaging;

/// <summary>
/// The pixels of one label as lengths of runs, in the order that COCO's tools read: column by column from the left, each from the
/// top; first how many pixels are not of the label (perhaps 0), then how many are, and so on in turn. What is left at the end is
/// not of the label. The lengths add up to Width * Height.
/// </summary>
/// <param name="Label">The label.</param>
/// <param name="Width">Width of the image in pixels.</param>
/// <param name="Height">Its height.</param>
/// <param name="Counts">The lengths.</param>
public sealed record RunLengthMask(int Label, int Width, int Height, IReadOnlyList<int> Counts)
{
    /// <summary>The masks of all labels that a map has, in the order of the labels.</summary>
    /// <param name="map">The labels.</param>
    public static IReadOnlyList<RunLengthMask> Of(LabelMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var runs = new SortedDictionary<int, (List<int> Counts, int End)>();
        (int width, int height) = (map.Width, map.Height);
        int start = 0;
        int label = map.Labels[0];
        void EndRun(int end)
        {
            (List<int> counts, int last) = runs.TryGetValue(label, out (List<int> Counts, int End) known) ? known : ([], 0);
            counts.Add(start - last);
            counts.Add(end - start);
            runs[label] = (counts, end);
            start = end;
        }

        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
            {
                int next = map.Labels[(y * width) + x];
                if (next != label)
                {
                    EndRun((x * height) + y);
                    label = next;
                }
            }
        }

        int pixels = width * height;
        EndRun(pixels);
        foreach ((List<int> counts, int end) in runs.Values)
        {
            if (end < pixels)
            {
                counts.Add(pixels - end);
            }
        }

        return [.. runs.Select(r => new RunLengthMask(r.Key, width, height, r.Value.Counts))];
    }
}
