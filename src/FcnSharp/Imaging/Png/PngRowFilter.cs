namespace FcnSharp.Imaging;

/// <summary>Chooses a filter for each row and applies it: the one whose differences have the smallest absolute sum.</summary>
internal sealed class PngRowFilter
{
    private readonly int _distance;
    private readonly bool _adaptive;
    private byte[] _row;
    private byte[] _above;
    private byte[] _best;
    private byte[] _candidate;

    /// <summary>Starts a picture.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="adaptive">False: every row is stored as it is.</param>
    public PngRowFilter(PngHeader header, bool adaptive)
    {
        _adaptive = adaptive;
        _distance = header.FilterDistance;
        _best = new byte[1 + header.RowBytes];
        _candidate = adaptive ? new byte[_best.Length] : [];
        _row = adaptive ? PngFilter.CreateRow(header.RowBytes) : [];
        _above = adaptive ? PngFilter.CreateRow(header.RowBytes) : [];
    }

    /// <summary>The filter's number and the filtered bytes of the next row; valid until the next call.</summary>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> packed)
    {
        if (!_adaptive)
        {
            packed.CopyTo(_best.AsSpan(1));
            return _best;
        }

        packed.CopyTo(_row.AsSpan(PngFilter.Margin));
        long least = long.MaxValue;
        for (int filter = 0; filter < PngFilter.Count; filter++)
        {
            long sum = PngFilter.Apply(filter, _row, _above, _distance, _candidate.AsSpan(1));
            if (sum < least)
            {
                least = sum;
                _candidate[0] = (byte)filter;
                (_best, _candidate) = (_candidate, _best);
            }
        }

        (_row, _above) = (_above, _row);
        return _best;
    }
}
