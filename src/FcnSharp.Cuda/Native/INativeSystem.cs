using System.Runtime.InteropServices;

namespace FcnSharp.Cuda.Native;

/// <summary>What the search for libraries asks the system; tests answer in its place.</summary>
internal interface INativeSystem
{
    /// <summary>Linux or Windows; null for any other, for which NVIDIA makes no libraries.</summary>
    OSPlatform? Platform { get; }

    /// <summary>The processor that this process runs on.</summary>
    Architecture Architecture { get; }

    /// <summary>An environment variable, null where it is not set.</summary>
    string? Variable(string name);

    /// <summary>The folders below one, by name, newest version first, that fit a pattern such as "cuda-1?"; none where there is no such folder.</summary>
    IEnumerable<string> FoldersLike(string folder, string pattern);

    /// <summary>Loads a library by its path, or by its name from where the system looks. False where it is not there or is none.</summary>
    bool TryLoad(string file, out nint handle);

    /// <summary>Whether there is a file of that path.</summary>
    bool HasFile(string path);

    /// <summary>The address of a function of a library.</summary>
    bool TryGetExport(nint handle, string name, out nint address);
}
