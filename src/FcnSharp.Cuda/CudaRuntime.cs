using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FcnSharp.Cuda.Native;
using FcnSharp.Tensors;

namespace FcnSharp.Cuda;

/// <summary>
/// NVIDIA's driver and libraries, found and loaded when they are asked for and not before: nothing of them is needed to build this project, or to run it on a
/// processor. What is missing or too old is one message that says what to install.
/// </summary>
public sealed class CudaRuntime
{
    /// <summary>The oldest CUDA that a driver has to offer, and its major version the oldest that libraries may be for.</summary>
    private const int LeastCuda = 12;

    /// <summary>The version of the driver on Linux, and about that on Windows, that offers it.</summary>
    private const int LeastDriver = 525;

    /// <summary>The major version of cuDNN.</summary>
    private const int Cudnn = 9;

    /// <summary>What cuDNN needs of a graphics processor, by the major version of CUDA that it is for.</summary>
    private static readonly (int Cuda, Version Capability)[] LeastCapabilities = [(13, new(7, 5)), (LeastCuda, new(5, 0))];

    private readonly Version _leastCapability;

    private CudaRuntime(IReadOnlyList<CudaDeviceInfo> devices, CudaVersions versions, IReadOnlyList<string> files, Version leastCapability) =>
        (Devices, Versions, Files, _leastCapability) = (devices, versions, files, leastCapability);

    /// <summary>The graphics processors, at least one.</summary>
    public IReadOnlyList<CudaDeviceInfo> Devices { get; }

    /// <summary>The versions of what was found.</summary>
    public CudaVersions Versions { get; }

    /// <summary>Where the libraries were found: paths, or names that the system knew.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Finds and loads the driver and all libraries.</summary>
    /// <exception cref="FcnSharpException">One is missing or too old, or there is no graphics processor; the message says what to do.</exception>
    public static CudaRuntime Load() => Load(new NativeSystem());

    /// <summary>As <see cref="Load()"/>, for those who can do without.</summary>
    /// <param name="runtime">What was found.</param>
    /// <param name="missing">What is missing, in words.</param>
    /// <returns>Whether all was found.</returns>
    public static bool TryLoad([NotNullWhen(true)] out CudaRuntime? runtime, [NotNullWhen(false)] out string? missing)
    {
        try
        {
            (runtime, missing) = (Load(), null);
            return true;
        }
        catch (FcnSharpException e)
        {
            (runtime, missing) = (null, e.Message);
            return false;
        }
    }

    /// <summary>A graphics processor by its number.</summary>
    /// <exception cref="FcnSharpException">There is none of that number, or it is too old.</exception>
    public CudaDeviceInfo Device(int ordinal)
    {
        CudaDeviceInfo device = Devices.FirstOrDefault(d => d.Ordinal == ordinal)
            ?? throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"There is no cuda:{ordinal}; there is {string.Join(", ", Devices.Select(d => $"{d.Id} ({d.Name})"))}."));
        return device.ComputeCapability >= _leastCapability
            ? device
            : throw new FcnSharpException($"{device.Id} ({device.Name}) has compute capability {device.ComputeCapability}, and this cuDNN needs {_leastCapability} or more: {(_leastCapability == LeastCapabilities[^1].Capability ? "take another" : $"install cuDNN for CUDA {LeastCuda}, or take another")}.");
    }

    internal static unsafe CudaRuntime Load(INativeSystem system)
    {
        LibrarySearch search = new(system);
        LoadedLibrary driverFile = search.Find(CudaLibrary.Driver, 0)
            ?? throw new FcnSharpException($"NVIDIA's driver {search.NotFound(CudaLibrary.Driver, 0)}: install version {LeastDriver} or newer from https://www.nvidia.com/drivers, or compute on the processor.");
        CudaDriver driver = new(driverFile);
        Version offered = driver.Version();
        if (offered.Major < LeastCuda)
        {
            throw new FcnSharpException($"NVIDIA's driver offers CUDA {offered}, and {LeastCuda}.0 is needed: install version {LeastDriver} or newer from https://www.nvidia.com/drivers.");
        }

        string? visible = system.Variable("CUDA_VISIBLE_DEVICES");
        driver.Initialize(visible);
        IReadOnlyList<CudaDeviceInfo> devices = driver.Devices(visible);

        // cuDNN says which CUDA it is for; the other libraries have to be for the same.
        LoadedLibrary cudnnFile = FindCudnn(search, offered);
        Version cudnn = OfCudnn(((delegate* unmanaged<nuint>)cudnnFile.Function("cudnnGetVersion"))());
        if (cudnn.Major != Cudnn)
        {
            throw new FcnSharpException($"{cudnnFile.Path}: this is cuDNN {cudnn}, and {Cudnn} is needed: {CudaLibrary.Cudnn.InstallHint(search.IsWindows, offered.Major)}.");
        }

        int cuda = (int)((delegate* unmanaged<nuint>)cudnnFile.Function("cudnnGetCudartVersion"))() / 1000;
        if (cuda < LeastCuda || cuda > offered.Major)
        {
            throw new FcnSharpException($"{cudnnFile.Path}: this cuDNN is for CUDA {cuda}, and the driver offers {offered}: {CudaLibrary.Cudnn.InstallHint(search.IsWindows, offered.Major)}{(cuda > offered.Major ? ", or a newer driver" : "")}.");
        }

        LoadedLibrary cublasLt = search.Require(CudaLibrary.CublasLt, cuda, cuda);
        LoadedLibrary nvrtc = search.Require(CudaLibrary.Nvrtc, cuda, cuda);
        var versions = new CudaVersions(offered, cudnn, OfCublas(((delegate* unmanaged<nuint>)cublasLt.Function("cublasLtGetVersion"))()), OfNvrtc(nvrtc));
        Version least = LeastCapabilities.First(l => cuda >= l.Cuda).Capability;
        return new CudaRuntime(devices, versions, [driverFile.Path, cudnnFile.Path, cublasLt.Path, nvrtc.Path], least);
    }

    private static LoadedLibrary FindCudnn(LibrarySearch search, Version offered)
    {
        if (search.Find(CudaLibrary.Cudnn, Cudnn) is { } found)
        {
            return found;
        }

        // Worth a word of its own: many machines have the one before.
        string old = search.Find(CudaLibrary.Cudnn, Cudnn - 1) is { } older ? $"{older.Path} is cuDNN {Cudnn - 1}, and {Cudnn} is needed" : $"cuDNN {Cudnn} {search.NotFound(CudaLibrary.Cudnn, Cudnn)}";
        throw new FcnSharpException($"{old}: {CudaLibrary.Cudnn.InstallHint(search.IsWindows, offered.Major)}, or name its folder in {LibrarySearch.Variable}.");
    }

    /// <summary>90100 is 9.1.0; before 9 it had been 8900 for 8.9.0.</summary>
    private static Version OfCudnn(nuint number) => number >= 10000
        ? new((int)(number / 10000), (int)(number % 10000 / 100), (int)(number % 100))
        : new((int)(number / 1000), (int)(number % 1000 / 100), (int)(number % 100));

    /// <summary>120501 is 12.5.1.</summary>
    private static Version OfCublas(nuint number) => new((int)(number / 10000), (int)(number % 10000 / 100), (int)(number % 100));

    private static unsafe Version OfNvrtc(LoadedLibrary library)
    {
        int major = 0;
        int minor = 0;
        int status = ((delegate* unmanaged<int*, int*, int>)library.Function("nvrtcVersion"))(&major, &minor);
        return status == 0 ? new Version(major, minor) : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{library.Path}: nvrtcVersion failed ({status}); install it anew."));
    }
}
