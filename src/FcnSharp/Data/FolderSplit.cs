using FcnSharp.Data.Layouts;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>Which names of a folder belong to which part.</summary>
/// <param name="Train">The names to train on.</param>
/// <param name="Val">The held-out names.</param>
/// <param name="Test">The names for the end.</param>
/// <param name="Source">Where the parts come from.</param>
internal sealed record FolderSplit(IReadOnlyList<string> Train, IReadOnlyList<string> Val, IReadOnlyList<string> Test, string Source)
{
    private const string TrainFile = "train.txt";
    private const string ValFile = "val.txt";
    private const string TestFile = "test.txt";

    /// <summary>
    /// The parts as train.txt, val.txt and test.txt list them, and in their order; where one of the first two is missing, what the others
    /// leave over; without both, a choice by seed.
    /// </summary>
    public static FolderSplit Read(string folder, IReadOnlyList<string> names, FolderOptions options, List<string> problems)
    {
        HashSet<string> known = new(names, StringComparer.Ordinal);
        List<string> test = ReadList(folder, TestFile, known, problems) ?? [];
        names = Without(names, test);
        FolderSplit split = (ReadList(folder, TrainFile, known, problems), ReadList(folder, ValFile, known, problems)) switch
        {
            (null, null) => BySeed(names, test, options),
            (null, { } listed) => new(Without(names, listed), listed, test, "val.txt, the others train"),
            ({ } listed, null) => new(listed, Without(names, listed), test, "train.txt, the others val"),
            ({ } first, { } second) => new(first, second, test, "train.txt and val.txt"),
        };
        CheckDisjoint(folder, split.Train, TrainFile, split.Val, ValFile, problems);
        CheckDisjoint(folder, split.Train, TrainFile, test, TestFile, problems);
        CheckDisjoint(folder, split.Val, ValFile, test, TestFile, problems);
        return split;
    }

    /// <summary>The index of a layout whose parts are these names.</summary>
    public DatasetIndex Index(string layout, IReadOnlyDictionary<string, DatasetItem> items, IReadOnlyList<string> problems)
    {
        return new()
        {
            Layout = layout,
            Train = Items(Train),
            Val = Items(Val),
            Test = Items(Test),
            All = [.. items.Values],
            Splits = Source,
            Problems = problems,
        };

        DatasetItem[] Items(IReadOnlyList<string> names) => [.. names.Select(name => items[name])];
    }

    private static List<string>? ReadList(string folder, string file, HashSet<string> known, List<string> problems)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            return null;
        }

        List<string> list = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((int number, string text) in TextLines.Read(path))
        {
            string name = ImageFile.Extensions.Contains(Path.GetExtension(text).ToLowerInvariant()) ? Path.GetFileNameWithoutExtension(text) : text;
            if (!known.Contains(name))
            {
                problems.Add($"{path}: line {number} names '{name}', but there is no images/{name}.png (or .jpg, .webp) with labels; correct the line or add the files.");
            }
            else if (!seen.Add(name))
            {
                problems.Add($"{path}: line {number} names '{name}' a second time; remove the line.");
            }
            else
            {
                list.Add(name);
            }
        }

        return list;
    }

    private static void CheckDisjoint(string folder, IReadOnlyList<string> first, string firstFile, IReadOnlyList<string> second, string secondFile, List<string> problems)
    {
        // An image in both would make the held-out figures look better than they are.
        string? both = first.Intersect(second, StringComparer.Ordinal).FirstOrDefault();
        if (both is not null)
        {
            problems.Add($"{folder}: '{both}' stands in {firstFile} and in {secondFile}; a held-out image must not be trained on, remove it from one.");
        }
    }

    private static FolderSplit BySeed(IReadOnlyList<string> names, IReadOnlyList<string> test, FolderOptions options)
    {
        if (options.ValShare is not (> 0 and < 1))
        {
            throw new FcnSharpException(FormattableString.Invariant($"The share of held-out images must be above 0 and below 1, found {options.ValShare}."));
        }

        int held = (int)Math.Round(names.Count * options.ValShare, MidpointRounding.AwayFromZero);
        held = Math.Clamp(held, Math.Min(1, Math.Max(0, names.Count - 1)), Math.Max(0, names.Count - 1));
        int[] order = EpochSampler.Permutation(names.Count, options.SplitSeed, 0);
        List<string> val = [.. order.Take(held).Order().Select(i => names[i])];
        return new(Without(names, val), val, test, FormattableString.Invariant($"{100 * options.ValShare:0.#} % held out by seed {options.SplitSeed}"));
    }

    private static List<string> Without(IReadOnlyList<string> names, IReadOnlyList<string> others)
    {
        HashSet<string> left = new(others, StringComparer.Ordinal);
        return [.. names.Where(name => !left.Contains(name))];
    }
}
