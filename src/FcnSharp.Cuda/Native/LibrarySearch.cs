using System.Globalization;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;

namespace FcnSharp.Cuda.Native;

/// <summary>
/// Finds NVIDIA's libraries: in the folders that <see cref="Variable"/> names, where the system looks, in the toolkit's usual folders, and in the packages of
/// Python and conda environments, from which a program that PyTorch has been installed for has them already.
/// </summary>
internal sealed class LibrarySearch
{
    /// <summary>The environment variable that names folders to look in first.</summary>
    public const string Variable = "FCNSHARP_CUDA";

    private readonly INativeSystem _system;

    /// <param name="system">Whom to ask.</param>
    /// <exception cref="FcnSharpException">NVIDIA makes no libraries for this system.</exception>
    public LibrarySearch(INativeSystem system)
    {
        _system = system;
        if (system.Platform is null || system.Architecture is not (Architecture.X64 or Architecture.Arm64))
        {
            throw new FcnSharpException($"CUDA is there for Linux and Windows on x64 and Arm64, not for {RuntimeInformation.OSDescription} on {system.Architecture}: compute on the processor.");
        }
    }

    /// <summary>Whether files are called as on Windows.</summary>
    public bool IsWindows => _system.Platform == OSPlatform.Windows;

    /// <summary>The library, or null where it is in none of the places.</summary>
    /// <param name="library">What to look for.</param>
    /// <param name="major">The major version in the file's name.</param>
    public LoadedLibrary? Find(CudaLibrary library, int major)
    {
        string file = library.File(IsWindows, major);
        foreach (string path in Places(library, file))
        {
            if (_system.TryLoad(path, out nint handle))
            {
                return new LoadedLibrary(_system, library.Name, path, handle);
            }
        }

        return null;
    }

    /// <summary>That it is in none of the places, with the file's name; or, where a file of that name is there and cannot be loaded, that.</summary>
    public string NotFound(CudaLibrary library, int major)
    {
        string file = library.File(IsWindows, major);
        return Places(library, file).FirstOrDefault(path => Path.IsPathRooted(path) && _system.HasFile(path)) is { } broken
            ? $"cannot be loaded, as {broken} is broken, lacks a library it needs, or is for another kind of processor"
            : $"was not found ({file})";
    }

    /// <summary>The library.</summary>
    /// <param name="library">What to look for.</param>
    /// <param name="major">The major version in the file's name.</param>
    /// <param name="cuda">The major version of CUDA that it is to be for.</param>
    /// <exception cref="FcnSharpException">It is in none of the places.</exception>
    public LoadedLibrary Require(CudaLibrary library, int major, int cuda) =>
        Find(library, major) ?? throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{library.Name} for CUDA {cuda} {NotFound(library, major)}: {library.InstallHint(IsWindows, cuda)}, or name its folder in {Variable}."));

    private IEnumerable<string> Places(CudaLibrary library, string file) =>
        Folders(Split(_system.Variable(Variable)), file).Append(file).Concat(Folders(UsualFolders(library), file));

    private static IEnumerable<string> Folders(IEnumerable<string> folders, string file) => folders.Select(folder => Path.Combine(folder, file));

    // Relative folders would depend on where a program is called.
    private IEnumerable<string> Split(string? folders) =>
        (folders ?? "").Split(IsWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(Path.IsPathRooted);

    private IEnumerable<string> UsualFolders(CudaLibrary library)
    {
        foreach (string root in (string[])["CUDA_PATH", "CUDA_HOME"])
        {
            if (_system.Variable(root) is { } folder && Path.IsPathRooted(folder))
            {
                yield return Path.Combine(folder, IsWindows ? "bin" : "lib64");
                yield return Path.Combine(folder, IsWindows ? "bin/x64" : "lib");
            }
        }

        IEnumerable<string> installed = IsWindows ? WindowsFolders() : LinuxFolders();
        foreach (string folder in installed.Concat(EnvironmentFolders(library)))
        {
            yield return folder;
        }
    }

    private IEnumerable<string> LinuxFolders()
    {
        string triple = _system.Architecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        string[] folders = ["/usr/local/cuda/lib64", .. _system.FoldersLike("/usr/local", "cuda-*").Select(f => f + "/lib64"), "/opt/cuda/lib64", $"/usr/lib/{triple}", "/usr/lib64", "/usr/lib/wsl/lib"];
        return folders;
    }

    private IEnumerable<string> WindowsFolders()
    {
        string programs = _system.Variable("ProgramFiles") ?? @"C:\Program Files";
        foreach (string toolkit in _system.FoldersLike(Path.Combine(programs, "NVIDIA GPU Computing Toolkit", "CUDA"), "v*"))
        {
            yield return Path.Combine(toolkit, "bin");
            yield return Path.Combine(toolkit, "bin", "x64");
        }

        foreach (string cudnn in _system.FoldersLike(Path.Combine(programs, "NVIDIA", "CUDNN"), "v9*"))
        {
            yield return Path.Combine(cudnn, "bin");
            foreach (string cuda in _system.FoldersLike(Path.Combine(cudnn, "bin"), "*"))
            {
                yield return cuda;
                yield return Path.Combine(cuda, "x64");
            }
        }
    }

    /// <summary>The packages of the Python and conda environments that are active.</summary>
    private IEnumerable<string> EnvironmentFolders(CudaLibrary library)
    {
        foreach (string root in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
        {
            if (_system.Variable(root) is not { } environment || !Path.IsPathRooted(environment))
            {
                continue;
            }

            IEnumerable<string> packages = IsWindows ? [Path.Combine(environment, "Lib", "site-packages")] : _system.FoldersLike(Path.Combine(environment, "lib"), "python3*").Select(python => Path.Combine(python, "site-packages"));
            foreach (string package in packages.Where(_ => library.PipPackage is not null))
            {
                yield return Path.Combine(package, "nvidia", library.PipFolder, IsWindows ? "bin" : "lib");
                yield return Path.Combine(package, "nvidia", string.Create(CultureInfo.InvariantCulture, $"cu{CudaLibrary.SharedPipFolder}"), IsWindows ? "bin/x86_64" : "lib");
            }

            yield return IsWindows ? Path.Combine(environment, "Library", "bin") : Path.Combine(environment, "lib");
        }
    }
}
