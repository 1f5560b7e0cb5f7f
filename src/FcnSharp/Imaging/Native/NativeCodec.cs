using System.Reflection;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>
/// A codec of the system that is used where it is installed: what it is called on each platform and how it is installed there.
/// Never loaded from the current folder, and never installed by this library.
/// </summary>
public sealed class NativeCodec
{
    private static readonly Dictionary<string, NativeCodec> ByImportName = [];

    private readonly Lazy<nint> _handle;

    private NativeCodec(string importName, string format, string name)
    {
        (Format, Name) = (format, name);
        _handle = new(Load);
        ByImportName.Add(importName, this);
    }

    static NativeCodec()
    {
        TurboJpeg = new(TurboJpegLibrary.Name, "JPEG", "libjpeg-turbo")
        {
            Linux = ["libturbojpeg.so.0", "libturbojpeg.so"],
            MacOS = ["libturbojpeg.0.dylib", "libturbojpeg.dylib", "/opt/homebrew/lib/libturbojpeg.dylib", "/opt/homebrew/opt/jpeg-turbo/lib/libturbojpeg.dylib", "/usr/local/lib/libturbojpeg.dylib", "/usr/local/opt/jpeg-turbo/lib/libturbojpeg.dylib"],
            Windows = ["turbojpeg.dll", "libturbojpeg.dll", @"C:\libjpeg-turbo64\bin\turbojpeg.dll"],
            AptPackages = ["libturbojpeg0", "libturbojpeg"],
            BrewPackage = "jpeg-turbo",
            WindowsHint = "install libjpeg-turbo for Visual C++, 64 bits, from https://libjpeg-turbo.org",
        };
        WebP = new(WebPLibrary.Name, "WebP", "libwebp")
        {
            Linux = ["libwebp.so.7", "libwebp.so"],
            MacOS = ["libwebp.7.dylib", "libwebp.dylib", "/opt/homebrew/lib/libwebp.dylib", "/usr/local/lib/libwebp.dylib"],
            Windows = ["libwebp.dll", "libwebp-7.dll", "webp.dll"],
            AptPackages = ["libwebp7"],
            BrewPackage = "webp",
            WindowsHint = "put libwebp.dll, such as vcpkg builds, on the PATH",
        };
        NativeLibrary.SetDllImportResolver(typeof(NativeCodec).Assembly, static (name, _, _) =>
            ByImportName.TryGetValue(name, out NativeCodec? codec) ? codec._handle.Value : 0);
    }

    /// <summary>Reads JPEG.</summary>
    public static NativeCodec TurboJpeg { get; }

    /// <summary>Reads WebP.</summary>
    public static NativeCodec WebP { get; }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<NativeCodec> All => [TurboJpeg, WebP];

    /// <summary>The file format it reads.</summary>
    public string Format { get; }

    /// <summary>The project's name.</summary>
    public string Name { get; }

    /// <summary>Whether it is installed; looked for once a process.</summary>
    public bool IsInstalled => _handle.Value != 0;

    /// <summary>The packages of Debian and its relatives that may hold it, the likeliest first.</summary>
    public required IReadOnlyList<string> AptPackages { get; init; }

    /// <summary>The package of Homebrew.</summary>
    public required string BrewPackage { get; init; }

    /// <summary>What to do on Windows.</summary>
    public required string WindowsHint { get; init; }

    /// <summary>The command, or the step, that installs it on this system.</summary>
    public string InstallHint =>
        OperatingSystem.IsWindows() ? WindowsHint
        : OperatingSystem.IsMacOS() ? $"run: brew install {BrewPackage}"
        : $"run: fcn setup, or: sudo apt-get install {AptPackages[0]}{(AptPackages.Count > 1 ? $" (on Ubuntu {AptPackages[1]})" : "")}";

    private IReadOnlyList<string> Linux { get; init; } = [];

    private IReadOnlyList<string> MacOS { get; init; } = [];

    private IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>Throws, with the install command, where the codec is missing.</summary>
    internal void Require(string file)
    {
        if (!IsInstalled)
        {
            throw Missing(file);
        }
    }

    /// <summary>What is said where the codec is missing.</summary>
    internal FcnSharpException Missing(string file) =>
        new($"{file}: to read {Format}, {Name} is needed and is not installed; {InstallHint}. Or convert the picture to PNG.");

    private nint Load()
    {
        IReadOnlyList<string> names = OperatingSystem.IsWindows() ? Windows : OperatingSystem.IsMacOS() ? MacOS : Linux;
        Assembly assembly = typeof(NativeCodec).Assembly;
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, assembly, DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
