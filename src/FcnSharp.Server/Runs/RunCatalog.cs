using System.Collections.Concurrent;
using FcnSharp.Training;

namespace FcnSharp.Server.Runs;

/// <summary>
/// The runs in a folder: the folder itself, its folders, and theirs (the stages of a staged run), wherever there is a log. A run is
/// found by comparing names with this list and never by making a path of what was asked for.
/// </summary>
internal sealed class RunCatalog(string root)
{
    private const int MaxRuns = 1000;
    private static readonly EnumerationOptions Folders = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
    private readonly string _root = Path.GetFullPath(root);
    private readonly ConcurrentDictionary<string, RunReader> _readers = new(StringComparer.Ordinal);

    /// <summary>All runs, the one written last first.</summary>
    public IReadOnlyList<RunReader> All() => [.. Find().Take(MaxRuns).OrderByDescending(r => r.LastWritten).ThenBy(r => r.Name, StringComparer.Ordinal)];

    /// <summary>The run of a name; null where there is none.</summary>
    public RunReader? Find(string name) => Find().FirstOrDefault(r => r.Name == name);

    private IEnumerable<RunReader> Find()
    {
        if (HasLog(_root))
        {
            yield return Reader(new DirectoryInfo(_root).Name, _root);
        }

        foreach (string folder in Below(_root))
        {
            string name = Path.GetFileName(folder);
            if (HasLog(folder))
            {
                yield return Reader(name, folder);
            }

            foreach (string stage in Below(folder).Where(HasLog))
            {
                yield return Reader($"{name}/{Path.GetFileName(stage)}", stage);
            }
        }
    }

    private RunReader Reader(string name, string folder) => _readers.GetOrAdd(folder, path => new RunReader(name, new RunFolder(path)));

    private static bool HasLog(string folder) => File.Exists(new RunFolder(folder).Log);

    private static IEnumerable<string> Below(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "*", Folders).Order(StringComparer.Ordinal) : [];
}
