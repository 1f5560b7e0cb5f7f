namespace FcnSharp.Imaging;

/// <summary>
/// Walks along the edges between pixels, the region always on the right hand: each ring in steps of a pixel, each edge once, so in
/// time linear in the pixels. Where two pixels of a region touch at a corner only, the walk crosses over, because the region joins
/// them elsewhere: so no ring meets itself, and what lies in between is a hole of its own, which may touch the exterior in a point.
/// </summary>
internal sealed class RegionOutlines
{
    private readonly RegionLabels _labels;
    private readonly int _width;
    private readonly int _height;

    /// <summary>A bit for each pixel: whether a ring has passed its left edge. Each ring has such edges.</summary>
    private readonly ulong[] _passed;
    private readonly List<PixelPoint> _ring = [];

    private RegionOutlines(LabelMap map)
    {
        _labels = new RegionLabels(map);
        (_width, _height) = (map.Width, map.Height);
        _passed = new ulong[(map.Labels.Length + 63) / 64];
    }

    /// <summary>The outlines of all regions, in the order of their first pixels.</summary>
    /// <param name="map">The labels.</param>
    /// <param name="minPixels">Regions of fewer pixels are left out, and holes of fewer are filled.</param>
    public static IReadOnlyList<RegionOutline> Of(LabelMap map, int minPixels)
    {
        RegionOutlines outlines = new(map);
        return outlines.Trace(map.Labels, minPixels);
    }

    private List<RegionOutline> Trace(ReadOnlySpan<ushort> labels, int minPixels)
    {
        var found = new RegionOutline?[_labels.Count];
        ReadOnlySpan<int> regions = _labels.Regions;
        for (int i = 0, x = 0; i < regions.Length; i++, x = x + 1 == _width ? 0 : x + 1)
        {
            int region = regions[i];
            bool edge = x == 0 || regions[i - 1] != region;
            if (!edge || _labels.PixelsOf(region) < minPixels || (_passed[i >> 6] >> (i & 63) & 1) != 0)
            {
                continue;
            }

            long area = Walk(x, i / _width, region);
            if (found[region] is not { } outline)
            {
                // The first edge of a region from the top is on its outside.
                found[region] = new(labels[i], _labels.PixelsOf(region), [.. _ring], []);
            }
            else if (area >= minPixels)
            {
                outline.Holes.Add([.. _ring]);
            }
        }

        return [.. found.OfType<RegionOutline>()];
    }

    /// <summary>Walks a ring up the left edge of a pixel and on until it is back; gives the pixels inside.</summary>
    private long Walk(int x, int y, int region)
    {
        _ring.Clear();
        PixelPoint start = new(x, y + 1);
        PixelPoint at = start;
        (int dx, int dy) = (0, -1);
        long doubled = 0;
        do
        {
            PixelPoint corner = at;
            (int turnX, int turnY) = (dx, dy);
            do
            {
                if (dy < 0)
                {
                    int pixel = ((at.Y - 1) * _width) + at.X;
                    _passed[pixel >> 6] |= 1UL << (pixel & 63);
                }

                at = new(at.X + dx, at.Y + dy);
                (turnX, turnY) = Turn(at, dx, dy, region);
            }
            while (turnX == dx && turnY == dy && at != start);

            doubled += ((long)corner.X * at.Y) - ((long)at.X * corner.Y);

            // A start amid a straight edge is no corner of the ring: its first pixel may not be where the ring turns.
            if (turnX != dx || turnY != dy)
            {
                _ring.Add(at);
            }

            (dx, dy) = (turnX, turnY);
        }
        while (at != start || dx != 0 || dy != -1);

        return Math.Abs(doubled / 2);
    }

    /// <summary>Where to go on from a corner of pixels that was reached in a direction.</summary>
    private (int X, int Y) Turn(PixelPoint at, int dx, int dy, int region)
    {
        (int leftX, int leftY, int rightX, int rightY) = (dx, dy) switch
        {
            (0, -1) => (at.X - 1, at.Y - 1, at.X, at.Y - 1),
            (1, 0) => (at.X, at.Y - 1, at.X, at.Y),
            (0, 1) => (at.X, at.Y, at.X - 1, at.Y),
            _ => (at.X - 1, at.Y, at.X - 1, at.Y - 1),
        };
        return Has(leftX, leftY, region) ? (dy, -dx)
            : Has(rightX, rightY, region) ? (dx, dy)
            : (-dy, dx);
    }

    private bool Has(int x, int y, int region) =>
        (uint)x < (uint)_width && (uint)y < (uint)_height && _labels.Regions[(y * _width) + x] == region;
}
