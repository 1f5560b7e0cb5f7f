namespace FcnSharp.Imaging;

/// <summary>
/// The regions of a label map: pixels of one label that hang together by their edges (4-connectivity), numbered in the order of
/// their first pixels, from the top and the left. Two passes over the pixels, four bytes each (union of neighbours, as Rosenfeld
/// and Pfaltz do).
/// </summary>
internal sealed class RegionLabels
{
    private readonly int[] _regions;
    private readonly List<int> _first = [];
    private readonly List<int> _pixels = [];

    /// <summary>Finds the regions.</summary>
    public RegionLabels(LabelMap map)
    {
        (Width, Height) = (map.Width, map.Height);
        _regions = new int[map.Labels.Length];
        Join(map.Labels);
        Number();
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>How many regions there are.</summary>
    public int Count => _first.Count;

    /// <summary>The region of each pixel, row by row.</summary>
    public ReadOnlySpan<int> Regions => _regions;

    /// <summary>The first pixel of a region: the leftmost of its top row.</summary>
    public int FirstOf(int region) => _first[region];

    /// <summary>How many pixels a region has.</summary>
    public int PixelsOf(int region) => _pixels[region];

    /// <summary>Each pixel names one before it that belongs to the same region, or itself.</summary>
    private void Join(ReadOnlySpan<ushort> labels)
    {
        for (int i = 0, x = 0; i < labels.Length; i++, x = x + 1 == Width ? 0 : x + 1)
        {
            bool left = x > 0 && labels[i - 1] == labels[i];
            bool above = i >= Width && labels[i - Width] == labels[i];
            if (!left || !above)
            {
                _regions[i] = left ? _regions[i - 1] : above ? _regions[i - Width] : i;
                continue;
            }

            int a = RootOf(i - 1);
            int b = RootOf(i - Width);
            int root = Math.Min(a, b);
            _regions[a] = _regions[b] = _regions[i] = root;
        }
    }

    private int RootOf(int pixel)
    {
        while (_regions[pixel] != pixel)
        {
            // Halved on the way, so that no chain stays long.
            pixel = _regions[pixel] = _regions[_regions[pixel]];
        }

        return pixel;
    }

    /// <summary>Numbers in place: what is named lies before, so it has its number already.</summary>
    private void Number()
    {
        for (int i = 0; i < _regions.Length; i++)
        {
            int named = _regions[i];
            if (named == i)
            {
                _regions[i] = _first.Count;
                _first.Add(i);
                _pixels.Add(1);
            }
            else
            {
                int region = _regions[i] = _regions[named];
                _pixels[region]++;
            }
        }
    }
}
