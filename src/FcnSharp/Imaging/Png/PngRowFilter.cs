namespace FcnSharp.Imaging;

/// <summary>
/// Filters the rows of a picture. To pack small, palette indices and samples below 8 bits are left as they are, because their
/// neighbours' values say little about them, and each other row takes the filter whose differences have the smallest absolute sum.
/// </summary>
internal sealed class PngRowFilter
{
    private const int None = 0;
    private const int Up = 2;
    private const int Paeth = 4;

    private readonly int _distance;
    private readonly int _first;
    private readonly int _last;
    private byte[] _row;
    private byte[] _above;
    private byte[] _best;
    private byte[] _candidate;

    /// <summary>Starts a picture.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="packing">How it is packed.</param>
    public PngRowFilter(PngHeader header, PngPacking packing)
    {
        bool indices = header.BitDepth < 8 || header.ColorType == PngColorType.Palette;
        (_first, _last) = packing switch
        {
            PngPacking.Labels => (Up, Up),
            _ when indices => (None, None),
            PngPacking.Quick => (Paeth, Paeth),
            _ => (None, PngFilter.Count - 1),
        };
        _distance = header.FilterDistance;
        _best = new byte[1 + header.RowBytes];
        _candidate = _first < _last ? new byte[_best.Length] : [];
        _row = _last > None ? PngFilter.CreateRow(header.RowBytes) : [];
        _above = _last > None ? PngFilter.CreateRow(header.RowBytes) : [];
    }

    /// <summary>The filter's number and the filtered bytes of the next row; valid until the next call.</summary>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> packed)
    {
        if (_last == None)
        {
            packed.CopyTo(_best.AsSpan(1));
            return _best;
        }

        packed.CopyTo(_row.AsSpan(PngFilter.Margin));
        long least = Apply(_first, _best);
        for (int filter = _first + 1; filter <= _last; filter++)
        {
            long sum = Apply(filter, _candidate);
            if (sum < least)
            {
                least = sum;
                (_best, _candidate) = (_candidate, _best);
            }
        }

        (_row, _above) = (_above, _row);
        return _best;
    }

    private long Apply(int filter, byte[] filtered)
    {
        filtered[0] = (byte)filter;
        return PngFilter.Apply(filter, _row, _above, _distance, filtered.AsSpan(1));
    }
}
