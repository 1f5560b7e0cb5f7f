using System.Globalization;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Data;

/// <summary>Writes synthetic scenes as a dataset in the plain layout that <see cref="FolderDataset"/> reads.</summary>
public static class SceneDataset
{
    private const int FilesAtOnce = 8;

    /// <summary>
    /// Writes images/, labels/ (palette PNGs), train.txt, val.txt and classes.txt. The first scenes of the seed's series are for training, the next ones are held out.
    /// The same arguments write the same pixels; a folder that holds them already is written anew.
    /// </summary>
    /// <param name="folder">The folder, which is created where it is missing.</param>
    /// <param name="trainCount">Scenes to train on, from 1.</param>
    /// <param name="valCount">Scenes to hold out, from 1.</param>
    /// <param name="width">Width of each scene in pixels, at least <see cref="SyntheticScenes.MinSide"/>.</param>
    /// <param name="height">Height of each scene in pixels, at least <see cref="SyntheticScenes.MinSide"/>.</param>
    /// <param name="seed">The series.</param>
    /// <param name="onProgress">Gets the number of scenes done and of all, from one thread at a time; may be null.</param>
    /// <param name="cancellation">Stops between two scenes.</param>
    /// <exception cref="FcnSharpException">A side is too short, the folder holds pictures of another dataset, or a file cannot be written.</exception>
    public static void Write(string folder, int trainCount, int valCount, int width, int height, long seed, Action<int, int>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(trainCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(valCount, 1);
        SyntheticScenes.CheckSize(width, height);
        string[] names = [.. Enumerable.Range(0, checked(trainCount + valCount)).Select(i => i.ToString("D4", CultureInfo.InvariantCulture))];
        string images = Prepare(Path.Combine(folder, "images"), names);
        string labels = Prepare(Path.Combine(folder, "labels"), names);
        ClassFile.Write(Path.Combine(folder, "classes.txt"), SceneClasses.All);
        TextLines.Write(Path.Combine(folder, "train.txt"), names[..trainCount]);
        TextLines.Write(Path.Combine(folder, "val.txt"), names[trainCount..]);
        Palette palette = Palette.Of(SceneClasses.All);
        int done = 0;
        Lock gate = new();

        // Each file is flushed to disk, so most of the time is waiting: more scenes at once than cores pay off.
        try
        {
            Parallel.For(0, names.Length, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = FilesAtOnce }, i =>
            {
                Sample scene = SyntheticScenes.Generate(width, height, seed, i);
                PngFile.WriteRgb(Path.Combine(images, names[i] + ".png"), scene.Image);
                PngFile.WriteLabels(Path.Combine(labels, names[i] + ".png"), scene.Labels, palette);
                lock (gate)
                {
                    onProgress?.Invoke(++done, names.Length);
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is FcnSharpException first)
        {
            throw new FcnSharpException(first.Message, e);
        }
    }

    /// <summary>Creates a folder, or makes sure that the one that is there holds nothing but what will be replaced.</summary>
    private static string Prepare(string folder, string[] names)
    {
        try
        {
            Directory.CreateDirectory(folder);
            HashSet<string> own = [.. names.Select(name => name + ".png")];
            // Names with a leading dot are what a killed run may have left of a file it was writing.
            string? other = Directory.EnumerateFiles(folder).Select(Path.GetFileName).FirstOrDefault(file => !own.Contains(file!) && !file!.StartsWith('.'));
            return other is null
                ? folder
                : throw new FcnSharpException($"{Path.Combine(folder, other)}: the folder holds a file that is not of the {names.Length} scenes to write; choose a new folder or delete this one.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{folder}: the folder could not be made ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); choose a folder that you may write to.", e);
        }
    }
}
