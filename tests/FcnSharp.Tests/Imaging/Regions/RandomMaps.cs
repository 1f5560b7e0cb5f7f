using FcnSharp.Imaging;

namespace FcnSharp.Tests.Imaging.Regions;

/// <summary>Label maps for tests of what holds for all of them, from noise to blots, the same in each run.</summary>
internal static class RandomMaps
{
    /// <summary>A map of a kind that depends on the seed.</summary>
    public static LabelMap Create(int seed)
    {
        Random random = new(seed);
        int width = random.Next(1, 40);
        int height = random.Next(1, 40);
        int labels = random.Next(1, 5);
        LabelMap map = new(width, height);
        int smoothness = random.Next(3);
        for (int i = 0; i < map.Labels.Length; i++)
        {
            map.Labels[i] = (ushort)random.Next(labels);
        }

        for (int round = 0; round < 40 * smoothness; round++)
        {
            // Blots of one label, one over the other.
            (int cx, int cy, int radius, ushort label) = (random.Next(width), random.Next(height), random.Next(1, 7), (ushort)random.Next(labels));
            for (int y = Math.Max(0, cy - radius); y < Math.Min(height, cy + radius); y++)
            {
                for (int x = Math.Max(0, cx - radius); x < Math.Min(width, cx + radius); x++)
                {
                    if (((x - cx) * (x - cx)) + ((y - cy) * (y - cy)) < radius * radius)
                    {
                        map.Row(y)[x] = label;
                    }
                }
            }
        }

        return map;
    }

    /// <summary>A map from text, a row each: a digit is a label.</summary>
    public static LabelMap Parse(params string[] rows)
    {
        LabelMap map = new(rows[0].Length, rows.Length);
        for (int y = 0; y < rows.Length; y++)
        {
            for (int x = 0; x < rows[y].Length; x++)
            {
                map.Row(y)[x] = (ushort)(rows[y][x] - '0');
            }
        }

        return map;
    }
}
