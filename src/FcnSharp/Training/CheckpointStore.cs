using System.Globalization;
using FcnSharp.Formats;
using FcnSharp.Tensors;

namespace FcnSharp.Training;

/// <summary>The last few checkpoints of a run, a file each in one folder, named by their step.</summary>
/// <param name="folder">The folder; made by the first save.</param>
/// <param name="keep">How many are kept, at least 1.</param>
public sealed class CheckpointStore(string folder, int keep = 2)
{
    private const string Extension = ".safetensors";

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>Writes a checkpoint and then removes those that are too many; what fails leaves the older ones whole.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="FcnSharpException">It cannot be written.</exception>
    public string Save(CheckpointContent checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{folder}: the folder could not be made ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); choose a folder that you may write to.", e);
        }

        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Step:00000000}{Extension}"));
        CheckpointFile.Save(path, checkpoint);
        foreach ((long step, string old) in Files().Where(f => f.Step != checkpoint.Step).Skip(Math.Max(0, keep - 1)))
        {
            // A checkpoint beyond this step is left of a run that was started anew from an earlier one.
            Remove(old);
        }

        return path;
    }

    /// <summary>The newest checkpoint that can be read; null when there is none.</summary>
    /// <param name="onDamaged">Gets what is wrong with each newer one that cannot.</param>
    /// <exception cref="FcnSharpException">There are checkpoints, and none can be read.</exception>
    public (CheckpointContent Content, string Path)? Latest(Action<string>? onDamaged = null)
    {
        FcnSharpException? last = null;
        foreach ((long _, string path) in Files())
        {
            try
            {
                return (CheckpointFile.Load(path), path);
            }
            catch (FcnSharpException e)
            {
                onDamaged?.Invoke(e.Message);
                last = e;
            }
        }

        return last is null ? null : throw new FcnSharpException($"{folder}: no checkpoint can be read; delete the folder to start anew. {last.Message}", last);
    }

    /// <summary>Removes all checkpoints.</summary>
    public void Clear()
    {
        foreach ((long _, string path) in Files())
        {
            Remove(path);
        }
    }

    /// <summary>The files, the newest first.</summary>
    private List<(long Step, string Path)> Files()
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        return [.. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(path => (Name: Path.GetFileNameWithoutExtension(path), Path: path))
            .Where(f => f.Name.All(char.IsAsciiDigit) && long.TryParse(f.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(f => (long.Parse(f.Name, CultureInfo.InvariantCulture), f.Path))
            .OrderByDescending(f => f.Item1)];
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One file too many costs space only; the training is worth more.
        }
    }
}
