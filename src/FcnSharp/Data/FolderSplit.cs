using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>Which names of a folder belong to which part.</summary>
internal static class FolderSplit
{
    private const string TrainFile = "train.txt";
    private const string ValFile = "val.txt";

    /// <summary>
    /// The names of one part: as train.txt and val.txt list them, and in their order; where one of the two is missing, what the other leaves over;
    /// without both, a choice by seed.
    /// </summary>
    public static IReadOnlyList<string> Select(string folder, IReadOnlyList<string> names, DatasetSplit split, FolderOptions options)
    {
        if (split == DatasetSplit.All)
        {
            return names;
        }

        HashSet<string> known = new(names, StringComparer.Ordinal);
        (IReadOnlyList<string> train, IReadOnlyList<string> val) = (ReadList(folder, TrainFile, known), ReadList(folder, ValFile, known)) switch
        {
            (null, null) => BySeed(names, options),
            (null, { } listed) => (Without(names, listed), listed),
            ({ } listed, null) => (listed, Without(names, listed)),
            ({ } first, { } second) => Disjoint(folder, first, second),
        };
        IReadOnlyList<string> chosen = split == DatasetSplit.Train ? train : val;
        return chosen.Count > 0
            ? chosen
            : throw new FcnSharpException($"{folder}: the {(split == DatasetSplit.Train ? "training" : "held-out")} part of the {names.Count} images is empty; add images, or list some in {(split == DatasetSplit.Train ? TrainFile : ValFile)}.");
    }

    private static List<string>? ReadList(string folder, string file, HashSet<string> known)
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
            string name = text.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? text[..^4] : text;
            if (!known.Contains(name))
            {
                throw new FcnSharpException($"{path}: line {number} names '{name}', but there is no images/{name}.png; correct the line or add the image.");
            }

            if (!seen.Add(name))
            {
                throw new FcnSharpException($"{path}: line {number} names '{name}' a second time; remove the line.");
            }

            list.Add(name);
        }

        return list;
    }

    private static (IReadOnlyList<string> Train, IReadOnlyList<string> Val) Disjoint(string folder, IReadOnlyList<string> train, IReadOnlyList<string> val)
    {
        // An image in both would make the held-out figures look better than they are.
        string? both = train.Intersect(val, StringComparer.Ordinal).FirstOrDefault();
        return both is null
            ? (train, val)
            : throw new FcnSharpException($"{folder}: '{both}' stands in {TrainFile} and in {ValFile}; a held-out image must not be trained on, remove it from one.");
    }

    private static (IReadOnlyList<string> Train, IReadOnlyList<string> Val) BySeed(IReadOnlyList<string> names, FolderOptions options)
    {
        if (options.ValShare is not (> 0 and < 1))
        {
            throw new FcnSharpException(FormattableString.Invariant($"The share of held-out images must be above 0 and below 1, found {options.ValShare}."));
        }

        int held = (int)Math.Round(names.Count * options.ValShare, MidpointRounding.AwayFromZero);
        held = Math.Clamp(held, Math.Min(1, names.Count - 1), Math.Max(0, names.Count - 1));
        int[] order = EpochSampler.Permutation(names.Count, options.SplitSeed, 0);
        List<string> val = [.. order.Take(held).Order().Select(i => names[i])];
        return (Without(names, val), val);
    }

    private static List<string> Without(IReadOnlyList<string> names, IReadOnlyList<string> others)
    {
        HashSet<string> left = new(others, StringComparer.Ordinal);
        return [.. names.Where(name => !left.Contains(name))];
    }
}
