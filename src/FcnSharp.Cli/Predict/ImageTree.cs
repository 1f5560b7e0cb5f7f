using System.IO.Enumeration;
using FcnSharp.Imaging;

namespace FcnSharp.Cli.Predict;

/// <summary>
/// The images of a folder and of all below it, or those that fit a pattern. Hidden files and folders do not count, nor do links to
/// folders, which may lead in a circle, nor the folder that results go to.
/// </summary>
internal sealed class ImageTree
{
    private const string AnyDepth = "**";
    private readonly HashSet<string> _unreadable = [];
    private readonly string _outputs;
    private readonly Action<PredictFailure> _onFailure;

    /// <summary>Creates a walk.</summary>
    /// <param name="outputs">The output folder.</param>
    /// <param name="onFailure">Gets each folder that cannot be read; the walk goes past it.</param>
    public ImageTree(string outputs, Action<PredictFailure> onFailure)
    {
        _outputs = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outputs));
        _onFailure = onFailure;
    }

    /// <summary>Whether a path has characters that stand for others.</summary>
    public static bool IsPattern(string path) => path.AsSpan().ContainsAny('*', '?');

    /// <summary>A file's path without the ending of its name; a name that is nothing else stays whole.</summary>
    public static string NameOf(string path) =>
        Path.GetFileNameWithoutExtension(path).Length > 0 ? path[..^Path.GetExtension(path).Length] : path;

    /// <summary>All images at and below a folder.</summary>
    public IEnumerable<PredictImage> Below(string folder) => Fit(folder, [AnyDepth, "*"]);

    /// <summary>
    /// The images that fit a pattern: * is any characters but the separator, ? is one, ** is any number of folders.
    /// Their names count from the last folder before the first such character.
    /// </summary>
    public IEnumerable<PredictImage> Matches(string pattern)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        int wild = pattern.AsSpan().IndexOfAny('*', '?');
        int end = pattern.AsSpan(0, wild).LastIndexOfAny(separators) + 1;
        return Fit(pattern[..end], pattern[end..].Split(separators, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Walks a folder by the parts of a pattern; an empty folder is the current one.</summary>
    private IEnumerable<PredictImage> Fit(string folder, IReadOnlyList<string> parts)
    {
        // Several ** lead to one place in many ways; each is walked once.
        HashSet<(string, int)> seen = [];
        Stack<(string Folder, int Part)> open = new([(folder, 0)]);
        while (open.TryPop(out (string Folder, int Part) at))
        {
            if (!seen.Add(at))
            {
                continue;
            }

            (string here, int part) = at;
            bool anyDepth = parts[part] == AnyDepth;
            bool last = part == parts.Count - 1;
            if (anyDepth && !last)
            {
                open.Push((here, part + 1));
            }

            foreach (FileSystemInfo entry in Entries(here))
            {
                bool isFolder = entry.Attributes.HasFlag(FileAttributes.Directory);
                if (!Fits(entry.Name, parts[part], anyDepth))
                {
                    continue;
                }

                string path = Path.Combine(here, entry.Name);
                if (!isFolder)
                {
                    if (last && IsImage(entry.Name))
                    {
                        yield return new(path, NameOf(Path.GetRelativePath(folder.Length > 0 ? folder : ".", path)));
                    }
                }
                else if ((anyDepth || !last) && CanEnter(entry))
                {
                    open.Push((path, anyDepth ? part : part + 1));
                }
            }
        }
    }

    private static bool Fits(string name, string part, bool anyDepth) =>
        (name[0] != '.' || part[0] == '.') && (anyDepth || FileSystemName.MatchesSimpleExpression(part.Replace("\\", "\\\\", StringComparison.Ordinal), name, ignoreCase: OperatingSystem.IsWindows()));

    private static bool IsImage(string name) => ImageFile.Extensions.Contains(Path.GetExtension(name).ToLowerInvariant());

    private bool CanEnter(FileSystemInfo folder) =>
        !folder.Attributes.HasFlag(FileAttributes.ReparsePoint) && Path.TrimEndingDirectorySeparator(folder.FullName) != _outputs;

    private FileSystemInfo[] Entries(string folder)
    {
        try
        {
            return new DirectoryInfo(folder.Length > 0 ? folder : ".").GetFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A walk by ** comes twice.
            if (_unreadable.Add(folder))
            {
                _onFailure(new(folder.Length > 0 ? folder : ".", $"the folder could not be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check that you may read it."));
            }

            return [];
        }
    }
}
