using System.Globalization;
using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data.Checks;

/// <summary>Looks at a whole dataset before a training does: what cannot be used, and what probably is not meant.</summary>
public static class DatasetCheck
{
    /// <summary>Reads headers only: layout, parts, classes, sizes, files that do not pair up.</summary>
    /// <param name="folder">The dataset.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="cancellation">Looked at between files.</param>
    /// <exception cref="FcnSharpException">No layout is known that fits.</exception>
    public static DatasetReport Describe(string folder, FolderOptions? options = null, CancellationToken cancellation = default)
    {
        List<string> problems = [];
        FolderSource source = FolderSource.Open(folder, options, problems);
        List<Finding> findings = [.. problems.Select(problem => new Finding(FindingSeverity.Error, "files", problem))];
        List<(int, int)> sizes = [];
        foreach (DatasetItem item in source.Index.All)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                ImageInfo info = source.Images.ReadInfo(item.ImagePath);
                sizes.Add((info.Width, info.Height));
            }
            catch (FcnSharpException e)
            {
                findings.Add(new(FindingSeverity.Error, "unreadable", e.Message));
            }
        }

        return Report(source, sizes, [.. source.Classes.Select(info => new ClassShare(info.Name, 0, 0, 0))], 0, findings);
    }

    /// <summary>Reads everything.</summary>
    /// <param name="folder">The dataset.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="threads">Threads that read, from 1; the report does not depend on it.</param>
    /// <param name="onProgress">Gets the number of samples done and of all, from one thread at a time; may be null.</param>
    /// <param name="cancellation">Looked at between samples.</param>
    /// <exception cref="FcnSharpException">No layout is known that fits, or the classes cannot be told.</exception>
    public static DatasetReport Run(string folder, FolderOptions? options = null, int threads = 1, Action<int, int>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        List<string> problems = [];
        FolderSource source = FolderSource.Open(folder, options, problems);
        IReadOnlyList<DatasetItem> items = source.Index.All;
        SampleSummary[] samples = new SampleSummary[items.Count];
        int done = 0;
        Lock gate = new();
        Parallel.For(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i =>
        {
            samples[i] = SampleSummary.Of(source, items[i]);
            lock (gate)
            {
                onProgress?.Invoke(++done, items.Count);
            }
        });

        List<Finding> findings = [.. problems.Select(problem => new Finding(FindingSeverity.Error, "files", problem))];
        findings.AddRange(samples.Where(sample => sample.Problem is not null).Select(sample => new Finding(FindingSeverity.Error, "unreadable", sample.Problem!)));
        (ClassShare[] classes, double voidShare) = Shares(source, samples);
        findings.AddRange(LabelFindings.Of(source, samples, classes));
        findings.AddRange(ImageFindings(source, samples, cancellation));
        return Report(source, samples.Where(sample => sample.Problem is null).Select(sample => (sample.Width, sample.Height)), classes, voidShare, findings);
    }

    private static DatasetReport Report(FolderSource source, IEnumerable<(int Width, int Height)> sizes, IReadOnlyList<ClassShare> classes, double voidShare, List<Finding> findings) => new()
    {
        Folder = source.Folder,
        Summary = source.Summary,
        Layout = source.Index.Layout,
        Train = source.Index.Train.Count,
        Val = source.Index.Val.Count,
        Test = source.Index.Test.Count,
        IgnoreIndex = source.IgnoreIndex,
        Classes = classes,
        VoidShare = voidShare,
        Sizes = [.. sizes.GroupBy(size => size).Select(group => new SizeCount(group.Key.Width, group.Key.Height, group.Count())).OrderByDescending(size => size.Images).ThenBy(size => size.Width).ThenBy(size => size.Height)],
        Findings = [.. findings.OrderByDescending(finding => finding.Severity)],
    };

    private static (ClassShare[] Classes, double VoidShare) Shares(FolderSource source, SampleSummary[] samples)
    {
        long[] pixels = new long[source.Classes.Count];
        int[] images = new int[source.Classes.Count];
        (long counted, long all) = (0, 0);
        foreach (SampleSummary sample in samples)
        {
            HashSet<int> seen = [];
            foreach ((ushort stored, long count) in sample.Stored)
            {
                all += count;
                int label = source.Table[stored];
                // Void may be a number below the number of classes, where a list of classes names it too.
                if (label >= 0 && label < pixels.Length && label != VoidOf(source))
                {
                    pixels[label] += count;
                    counted += count;
                    images[label] += seen.Add(label) ? 1 : 0;
                }
            }
        }

        ClassShare[] classes = [.. source.Classes.Select((info, i) => new ClassShare(info.Name, pixels[i], counted == 0 ? 0 : (double)pixels[i] / counted, images[i]))];
        long voids = samples.SelectMany(sample => sample.Stored).Where(entry => source.Table[entry.Label] == VoidOf(source)).Sum(entry => entry.Pixels);
        return (classes, all == 0 ? 0 : (double)voids / all);
    }

    private static int VoidOf(FolderSource source) => source.IsBinary ? -1 : source.IgnoreIndex;

    private static IEnumerable<Finding> ImageFindings(FolderSource source, SampleSummary[] samples, CancellationToken cancellation)
    {
        SampleSummary[] turned = [.. samples.Where(sample => sample.Orientation != ImageOrientation.Upright)];
        if (turned.Length > 0)
        {
            yield return new(FindingSeverity.Warning, "orientation", string.Create(CultureInfo.InvariantCulture,
                $"{turned[0].Item.ImagePath}: {Counted(turned.Length, "image is", "images are")} turned by EXIF orientation, as this one; see that the labels are of the picture as it is shown."));
        }

        if (source.Index.Train.Count == 0 || source.Index.Val.Count == 0)
        {
            string part = source.Index.Train.Count == 0 ? "training" : "held-out";
            yield return new(FindingSeverity.Warning, "empty-part", $"{source.Folder}: the {part} part is empty ({source.Index.Splits}); list some images in {(part == "training" ? "train.txt" : "val.txt")}.");
        }

        Dictionary<string, SampleSummary> byName = samples.DistinctBy(sample => sample.Item.Name).ToDictionary(sample => sample.Item.Name, StringComparer.Ordinal);
        SampleSummary[] held = [.. source.Index.Val.Concat(source.Index.Test).Where(item => byName.ContainsKey(item.Name)).Select(item => byName[item.Name])];
        SampleSummary[] train = [.. source.Index.Train.Where(item => byName.ContainsKey(item.Name)).Select(item => byName[item.Name])];
        List<(SampleSummary Train, SampleSummary Held)> pairs = [];
        foreach (SampleSummary sample in held)
        {
            cancellation.ThrowIfCancellationRequested();
            SampleSummary? twin = train.FirstOrDefault(sample.LooksLike);
            if (twin is not null)
            {
                pairs.Add((twin, sample));
            }
        }

        if (pairs.Count > 0)
        {
            yield return new(FindingSeverity.Warning, "near-duplicates", string.Create(CultureInfo.InvariantCulture,
                $"{pairs[0].Held.Item.ImagePath}: {Counted(pairs.Count, "held-out image looks", "held-out images look")} like one that is trained on (this one like {pairs[0].Train.Item.ImagePath}); move them into one part, or the figures will be too good."));
        }
    }

    /// <summary>A number with its noun and verb.</summary>
    internal static string Counted(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
