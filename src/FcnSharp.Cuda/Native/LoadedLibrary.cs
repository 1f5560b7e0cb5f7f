using FcnSharp.Tensors;

namespace FcnSharp.Cuda.Native;

/// <summary>A library that has been loaded; it stays so until the process ends.</summary>
/// <param name="system">Who loaded it.</param>
/// <param name="name">What it is.</param>
/// <param name="path">Where it was found.</param>
/// <param name="handle">The system's word for it.</param>
internal sealed class LoadedLibrary(INativeSystem system, string name, string path, nint handle)
{
    /// <summary>Where it was found: a path, or a name that the system knew.</summary>
    public string Path => path;

    /// <summary>The address of a function.</summary>
    /// <exception cref="FcnSharpException">The library has none of that name.</exception>
    public nint Function(string function) => system.TryGetExport(handle, function, out nint address)
        ? address
        : throw new FcnSharpException($"{path}: this is not {name} as FcnSharp needs it, as it has no function {function}; install it anew, or name another folder in {LibrarySearch.Variable}.");
}
