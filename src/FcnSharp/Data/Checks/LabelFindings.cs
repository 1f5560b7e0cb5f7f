using System.Globalization;

namespace FcnSharp.Data.Checks;

/// <summary>What the labels of a dataset say about mistakes in them.</summary>
internal static class LabelFindings
{
    /// <summary>All findings, in a fixed order.</summary>
    public static IEnumerable<Finding> Of(FolderSource source, SampleSummary[] samples, IReadOnlyList<ClassShare> classes)
    {
        SampleSummary[] wrong = [.. samples.Where(sample => sample.Stored.Any(entry => source.Table[entry.Label] < 0))];
        HashSet<ushort> stored = [.. samples.SelectMany(sample => sample.Stored).Select(entry => entry.Label)];
        bool oneBased = source.Classes.Count > 1 && !stored.Contains(0) && stored.Contains((ushort)source.Classes.Count) && source.Table[(ushort)source.Classes.Count] < 0;
        foreach (SampleSummary sample in wrong)
        {
            ushort[] values = [.. sample.Stored.Where(entry => source.Table[entry.Label] < 0).Select(entry => entry.Label)];
            string shown = string.Join(", ", values.Take(5)) + (values.Length > 5 ? ", ..." : "");
            yield return Error("out-of-range", $"{sample.Item.LabelPath}: the label{(values.Length == 1 ? "" : "s")} {shown}, expected {source.Table.Expected}; {Remedy(source, values, oneBased)}.");
        }

        // Where the classes were counted from the labels, numbers that begin with 1 are in range and leave class 0 empty.
        bool shifted = oneBased || (!stored.Contains(0) && stored.Contains(1) && classes.Count > 2 && classes[0].Images == 0 && classes.Skip(1).All(info => info.Images > 0));
        if (shifted)
        {
            yield return Warning("one-based", $"{source.Folder}: no pixel has label 0 and the labels begin with 1; if they are numbered from 1, pass --reduce-zero.");
        }

        SampleSummary[] white = [.. samples.Where(sample => sample.Stored.Select(entry => entry.Label).ToArray() is [0, 255] or [255])];
        if (!source.IsBinary && source.IgnoreIndex == 255 && source.Classes.Count == 2 && white.Length > 0)
        {
            yield return Warning("binary-255", $"{white[0].Item.LabelPath}: {DatasetCheck.Counted(white.Length, "mask has", "masks have")} no labels but 0 and 255, as this one, and 255 counts as void; if white is the object, save it as 1.");
        }

        // Where no label could be read, the reason has been said.
        for (int i = 0; i < classes.Count && stored.Count > 0; i++)
        {
            if (classes[i].Pixels == 0 && !(shifted && i == 0))
            {
                yield return Warning("never-seen", string.Create(CultureInfo.InvariantCulture, $"{source.Folder}: the class '{classes[i].Name}' (label {i}) has no pixel; add images that show it, or take it from the classes."));
            }
        }
    }

    private static string Remedy(FolderSource source, ushort[] values, bool oneBased)
    {
        if (oneBased && values is [var only] && only == source.Classes.Count)
        {
            return "they seem to be numbered from 1: pass --reduce-zero";
        }

        if (source.Classes.Count == 2 && values.Length > 5)
        {
            return "a mask with in-between values was blurred or saved as JPEG: threshold it to 0 and 1";
        }

        return values.Length == 1 ? $"correct the labels or the classes, or pass --void {values[0]} if it does not count" : "correct the labels or the classes";
    }

    private static Finding Error(string code, string message) => new(FindingSeverity.Error, code, message);

    private static Finding Warning(string code, string message) => new(FindingSeverity.Warning, code, message);
}
