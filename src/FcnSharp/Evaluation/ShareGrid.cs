using FcnSharp.Imaging;

namespace FcnSharp.Evaluation;

/// <summary>A grid of square cells over a label map with the shares that the classes have of each cell's pixels; few classes share a cell, so only those that are there are held.</summary>
internal sealed class ShareGrid
{
    private readonly int _factor;
    private readonly int _ignoreIndex;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int[] _start;
    private readonly List<(ushort Label, double Share)> _shares = [];
    private readonly double[] _sums = new double[ushort.MaxValue + 1];
    private readonly List<ushort> _present = [];

    public ShareGrid(LabelMap truth, int factor, int ignoreIndex)
    {
        (_factor, _ignoreIndex) = (factor, ignoreIndex);
        (_rows, _columns) = ((truth.Height + factor - 1) / factor, (truth.Width + factor - 1) / factor);
        _start = new int[_rows * _columns + 1];
        for (int cell = 0; cell < _rows * _columns; cell++)
        {
            Count(truth, cell / _columns * factor, cell % _columns * factor);
            _start[cell + 1] = _shares.Count;
        }
    }

    /// <summary>The class of the largest share at each pixel of a row.</summary>
    public void Upsample(int y, Span<ushort> row)
    {
        (int top, int bottom, double down) = Neighbours(y, _rows);
        for (int x = 0; x < row.Length; x++)
        {
            (int left, int right, double along) = Neighbours(x, _columns);
            Add(top * _columns + left, (1 - down) * (1 - along));
            Add(top * _columns + right, (1 - down) * along);
            Add(bottom * _columns + left, down * (1 - along));
            Add(bottom * _columns + right, down * along);
            row[x] = TakeLargest();
        }
    }

    private void Count(LabelMap truth, int top, int left)
    {
        int valid = 0;
        for (int y = top; y < Math.Min(top + _factor, truth.Height); y++)
        {
            foreach (ushort label in truth.Row(y)[left..Math.Min(left + _factor, truth.Width)])
            {
                if (label != _ignoreIndex)
                {
                    AddTo(label, 1);
                    valid++;
                }
            }
        }

        foreach (ushort label in _present)
        {
            _shares.Add((label, _sums[label] / valid));
            _sums[label] = 0;
        }

        _present.Clear();
    }

    /// <summary>The cells whose centres are before and behind a pixel's centre, and the share of the second.</summary>
    private (int Before, int Behind, double Share) Neighbours(int pixel, int cells)
    {
        double position = Math.Clamp((pixel + 0.5) / _factor - 0.5, 0, cells - 1);
        int before = (int)position;
        return (before, Math.Min(before + 1, cells - 1), position - before);
    }

    private void Add(int cell, double weight)
    {
        if (weight > 0)
        {
            for (int i = _start[cell]; i < _start[cell + 1]; i++)
            {
                AddTo(_shares[i].Label, weight * _shares[i].Share);
            }
        }
    }

    private void AddTo(ushort label, double amount)
    {
        if (_sums[label] == 0)
        {
            _present.Add(label);
        }

        _sums[label] += amount;
    }

    private ushort TakeLargest()
    {
        (int best, double most) = (_ignoreIndex, 0);
        foreach (ushort label in _present)
        {
            if (_sums[label] > most || (_sums[label] == most && label < best))
            {
                (best, most) = (label, _sums[label]);
            }

            _sums[label] = 0;
        }

        _present.Clear();
        return (ushort)best;
    }
}
