namespace FcnSharp.Data.Labels;

/// <summary>The class, or void, of every number that a label file can hold.</summary>
internal sealed class LabelTable
{
    private const int Invalid = -1;
    private readonly int[] _labels = new int[ushort.MaxValue + 1];

    private LabelTable(string expected)
    {
        Expected = expected;
        _labels.AsSpan().Fill(Invalid);
    }

    /// <summary>What may stand in a label file, for messages.</summary>
    public string Expected { get; }

    /// <summary>The class or void; -1 for a number that must not be there.</summary>
    public int this[ushort stored] => _labels[stored];

    /// <summary>Numbers are classes.</summary>
    public static LabelTable Indices(int classes, int voidLabel)
    {
        LabelTable table = new($"0 to {classes - 1} or {voidLabel} for void");
        table._labels[voidLabel] = voidLabel;
        for (int i = 0; i < classes; i++)
        {
            // Void wins: CamVid's 11 of a wrong list of 12 classes must not be trained.
            table._labels[i] = i == voidLabel ? voidLabel : i;
        }

        return table;
    }

    /// <summary>0 is void and k is class k - 1.</summary>
    public static LabelTable ReduceZero(int classes, int voidLabel)
    {
        LabelTable table = new($"0 for void or 1 to {classes}");
        for (int i = 1; i <= classes; i++)
        {
            table._labels[i] = i - 1;
        }

        (table._labels[0], table._labels[voidLabel]) = (voidLabel, voidLabel);
        return table;
    }

    /// <summary>White is class 1.</summary>
    public static LabelTable Binary()
    {
        LabelTable table = new("0 or 255, as in all masks of this folder");
        (table._labels[0], table._labels[255]) = (0, 1);
        return table;
    }

    /// <summary>Numbers that are listed with their class; a class below 0 is void.</summary>
    public static LabelTable Ids(IReadOnlyDictionary<int, int> ids, int voidLabel)
    {
        LabelTable table = new($"the ids {ids.Keys.Min()} to {ids.Keys.Max()} or {voidLabel} for void");
        table._labels[voidLabel] = voidLabel;
        foreach ((int id, int label) in ids)
        {
            table._labels[id] = label < 0 ? voidLabel : label;
        }

        return table;
    }
}
