using System.Reflection;
using System.Runtime.InteropServices;

namespace FcnSharp.Cuda.Native;

/// <summary>The system that this process runs on.</summary>
internal sealed class NativeSystem : INativeSystem
{
    public OSPlatform? Platform => OperatingSystem.IsLinux() ? OSPlatform.Linux : OperatingSystem.IsWindows() ? OSPlatform.Windows : null;

    public Architecture Architecture => RuntimeInformation.ProcessArchitecture;

    public string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    public IEnumerable<string> FoldersLike(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern).OrderDescending(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that cannot be read holds nothing for us.
            return [];
        }
    }

    // Never from the current folder: what lies there may be anybody's.
    public bool TryLoad(string file, out nint handle) => Path.IsPathRooted(file)
        ? NativeLibrary.TryLoad(file, out handle)
        : NativeLibrary.TryLoad(file, Assembly.GetExecutingAssembly(), DllImportSearchPath.SafeDirectories, out handle);

    public bool HasFile(string path) => File.Exists(path);

    public bool TryGetExport(nint handle, string name, out nint address) => NativeLibrary.TryGetExport(handle, name, out address);
}
