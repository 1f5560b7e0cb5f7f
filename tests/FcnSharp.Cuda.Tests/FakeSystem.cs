using System.IO.Enumeration;
using System.Runtime.InteropServices;
using FcnSharp.Cuda.Native;

namespace FcnSharp.Cuda.Tests;

/// <summary>A machine that has the libraries it is given, and whose functions are those of <see cref="FakeCuda"/>: calls go the way they go to NVIDIA's.</summary>
internal sealed class FakeSystem : INativeSystem
{
    private readonly List<string> _loaded = [];

    public OSPlatform? Platform { get; init; } = OSPlatform.Linux;

    public Architecture Architecture { get; init; } = Architecture.X64;

    /// <summary>Files, by path or, where the system looks itself, by name.</summary>
    public List<string> Files { get; init; } = ["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.12", "libnvrtc.so.12"];

    public Dictionary<string, string> Variables { get; init; } = [];

    /// <summary>Functions that the libraries do not have.</summary>
    public List<string> Lacking { get; init; } = [];

    /// <summary>Files that are there and cannot be loaded.</summary>
    public List<string> Broken { get; init; } = [];

    /// <summary>What was asked for, in order.</summary>
    public List<string> Asked { get; } = [];

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    public IEnumerable<string> FoldersLike(string folder, string pattern) =>
        from file in Files.Select(f => f.Replace('\\', '/'))
        let root = folder.Replace('\\', '/') + "/"
        where file.StartsWith(root, StringComparison.Ordinal)
        let name = file[root.Length..].Split('/')[0]
        where FileSystemName.MatchesSimpleExpression(pattern, name)
        orderby name descending
        select root + name;

    public bool TryLoad(string file, out nint handle)
    {
        file = file.Replace('\\', '/');
        Asked.Add(file);
        if (!Files.Any(f => f.Replace('\\', '/') == file))
        {
            handle = 0;
            return false;
        }

        _loaded.Add(file);
        handle = _loaded.Count;
        return true;
    }

    public bool HasFile(string path) => Files.Contains(path) || Broken.Contains(path);

    public bool TryGetExport(nint handle, string name, out nint address)
    {
        address = Lacking.Contains(name) ? 0 : FakeCuda.Function(Path.GetFileName(_loaded[(int)handle - 1]), name);
        return address != 0;
    }
}
