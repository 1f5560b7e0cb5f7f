using FcnSharp.Cli.Hosting;
using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Cli.Predict;

/// <summary>
/// Turns what the user named (images, folders, patterns, lists, standard input) into images, each once, in an order that does not
/// depend on how they were named or on the file system.
/// </summary>
internal sealed class ImageSources
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    private const char ListMark = '@';
    private readonly Dictionary<(string FullPath, string Name), PredictImage> _images = [];
    private readonly List<PredictFailure> _failures = [];
    private readonly ImageTree _tree;

    /// <summary>Creates an empty collection.</summary>
    /// <param name="outputs">The output folder, whose pictures are not taken for images.</param>
    public ImageSources(string outputs) => _tree = new ImageTree(outputs, _failures.Add);

    /// <summary>What was found, sorted by name.</summary>
    public IReadOnlyList<PredictImage> Images => [.. _images.Values.OrderBy(image => image.Name, StringComparer.Ordinal).ThenBy(image => image.Path, StringComparer.Ordinal)];

    /// <summary>Entries of lists that do not exist and folders that cannot be read.</summary>
    public IReadOnlyList<PredictFailure> Failures => _failures;

    /// <summary>Adds what one argument names.</summary>
    /// <param name="argument">An image, a folder, a pattern, @ and the name of a list, or -.</param>
    /// <param name="input">Standard input.</param>
    /// <exception cref="UsageException">The argument is empty.</exception>
    /// <exception cref="FcnSharpException">It does not exist or has no images.</exception>
    public void Add(string argument, TextReader input)
    {
        if (string.IsNullOrWhiteSpace(argument))
        {
            throw new UsageException("an image's name is empty");
        }

        if (argument == StandardInput)
        {
            AddPaths(PathList.Read(input, "standard input"), "standard input");
        }
        else if (TryAdd(argument, Path.GetFileName(argument)))
        {
            // A file whose name looks like a pattern or a list is still that file.
        }
        else if (argument[0] == ListMark)
        {
            AddList(argument[1..]);
        }
        else if (ImageTree.IsPattern(argument))
        {
            AddAll(_tree.Matches(argument), argument, "that fit this pattern");
        }
        else
        {
            throw new FcnSharpException($"{argument}: there is no such image or folder; check the name.");
        }
    }

    /// <summary>Adds what a list file names.</summary>
    /// <exception cref="FcnSharpException">The list cannot be read, or nothing that it names exists.</exception>
    public void AddList(string list) => AddPaths(PathList.Read(list), list);

    private void AddPaths(IReadOnlyList<string> paths, string list)
    {
        List<PredictFailure> missing = [];
        foreach (string path in paths)
        {
            try
            {
                if (!TryAdd(path, IsBelowCurrent(path) ? Path.GetRelativePath(".", path) : Path.GetFileName(path)))
                {
                    missing.Add(new(path, $"there is no such image or folder (named by {list}); paths of a list count from the current folder."));
                }
            }
            catch (FcnSharpException e)
            {
                _failures.Add(PredictFailure.Of(path, e.Message));
            }
        }

        // One line instead of a list as long as the list itself: most likely it was made in another folder.
        if (missing.Count == paths.Count && paths.Count > 1)
        {
            throw new FcnSharpException($"{list}: nothing that it names exists, such as {paths[0]}; paths of a list count from the current folder.");
        }

        _failures.AddRange(missing);
    }

    /// <summary>Adds a folder's images, or an image under a name; false where there is neither.</summary>
    private bool TryAdd(string path, string fileName)
    {
        if (Directory.Exists(path))
        {
            AddAll(_tree.Below(path), path, "here or in a folder below");
            return true;
        }

        if (!File.Exists(path))
        {
            return false;
        }

        Add(new(path, ImageTree.NameOf(fileName)));
        return true;
    }

    private void AddAll(IEnumerable<PredictImage> images, string source, string where)
    {
        int failures = _failures.Count;
        int count = 0;
        foreach (PredictImage image in images)
        {
            Add(image);
            count++;
        }

        // What is in a folder that cannot be read nobody knows.
        if (count == 0 && _failures.Count == failures)
        {
            throw new FcnSharpException($"{source}: expected images {where}, files that end on {string.Join(", ", ImageFile.Extensions)}; found none.");
        }
    }

    private void Add(PredictImage image) => _images.TryAdd((Path.GetFullPath(image.Path), image.Name), image);

    private static bool IsBelowCurrent(string path) =>
        !Path.IsPathRooted(path) && !path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar).Contains("..");
}
