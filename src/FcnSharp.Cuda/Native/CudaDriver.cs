using System.Globalization;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;

namespace FcnSharp.Cuda.Native;

/// <summary>The driver's functions.</summary>
internal sealed unsafe class CudaDriver(LoadedLibrary library)
{
    private const int ErrorNoDevice = 100;
    private const int AttributeMultiprocessors = 16;
    private const int AttributeCapabilityMajor = 75;
    private const int AttributeCapabilityMinor = 76;
    private const int LongestName = 256;

    private readonly delegate* unmanaged<int*, int> _driverGetVersion = (delegate* unmanaged<int*, int>)library.Function("cuDriverGetVersion");
    private readonly delegate* unmanaged<uint, int> _init = (delegate* unmanaged<uint, int>)library.Function("cuInit");
    private readonly delegate* unmanaged<int, byte**, int> _getErrorName = (delegate* unmanaged<int, byte**, int>)library.Function("cuGetErrorName");
    private readonly delegate* unmanaged<int*, int> _deviceGetCount = (delegate* unmanaged<int*, int>)library.Function("cuDeviceGetCount");
    private readonly delegate* unmanaged<int*, int, int> _deviceGet = (delegate* unmanaged<int*, int, int>)library.Function("cuDeviceGet");
    private readonly delegate* unmanaged<byte*, int, int, int> _deviceGetName = (delegate* unmanaged<byte*, int, int, int>)library.Function("cuDeviceGetName");
    private readonly delegate* unmanaged<int*, int, int, int> _deviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)library.Function("cuDeviceGetAttribute");
    private readonly delegate* unmanaged<nuint*, int, int> _deviceTotalMem = (delegate* unmanaged<nuint*, int, int>)library.Function("cuDeviceTotalMem_v2");

    /// <summary>The newest CUDA that the driver can run. Works before <see cref="Initialize"/>.</summary>
    public Version Version()
    {
        int version = 0;
        Check(_driverGetVersion(&version), "cuDriverGetVersion");
        return new Version(version / 1000, version % 1000 / 10);
    }

    /// <summary>Starts the driver for this process.</summary>
    /// <param name="visible">The processors that the environment leaves visible, if it says so.</param>
    /// <exception cref="FcnSharpException">It cannot, or there is no graphics processor.</exception>
    public void Initialize(string? visible)
    {
        int status = _init(0);
        if (status == ErrorNoDevice)
        {
            throw NoDevice(visible);
        }

        Check(status, "cuInit");
    }

    /// <summary>The graphics processors, at least one.</summary>
    /// <param name="visible">The processors that the environment leaves visible, if it says so.</param>
    public IReadOnlyList<CudaDeviceInfo> Devices(string? visible)
    {
        int count = 0;
        Check(_deviceGetCount(&count), "cuDeviceGetCount");
        return count > 0 ? [.. Enumerable.Range(0, count).Select(Describe)] : throw NoDevice(visible);
    }

    /// <summary>Throws for any status but success.</summary>
    /// <param name="status">What a function of the driver returned.</param>
    /// <param name="function">Its name.</param>
    public void Check(int status, string function)
    {
        if (status == 0)
        {
            return;
        }

        byte* name = null;
        string words = _getErrorName(status, &name) == 0 && name is not null ? Marshal.PtrToStringUTF8((nint)name) ?? "" : "an unknown error";
        throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"NVIDIA's driver failed: {function} gave {words} ({status}). nvidia-smi shows whether the driver works; after an update of the driver the machine has to be started anew."));
    }

    private static FcnSharpException NoDevice(string? visible) => new(
        "NVIDIA's driver finds no graphics processor: nvidia-smi shows what it sees, and a container has to be started with --gpus all" +
        (visible is null ? "." : $"; CUDA_VISIBLE_DEVICES is \"{visible}\", which may hide it."));

    private CudaDeviceInfo Describe(int ordinal)
    {
        int device = 0;
        Check(_deviceGet(&device, ordinal), "cuDeviceGet");
        byte* name = stackalloc byte[LongestName];
        Check(_deviceGetName(name, LongestName, device), "cuDeviceGetName");
        name[LongestName - 1] = 0;
        nuint bytes = 0;
        Check(_deviceTotalMem(&bytes, device), "cuDeviceTotalMem");
        return new CudaDeviceInfo(
            ordinal,
            Marshal.PtrToStringUTF8((nint)name) ?? "",
            new Version(Attribute(device, AttributeCapabilityMajor), Attribute(device, AttributeCapabilityMinor)),
            checked((long)bytes),
            Attribute(device, AttributeMultiprocessors));
    }

    private int Attribute(int device, int attribute)
    {
        int value = 0;
        Check(_deviceGetAttribute(&value, attribute, device), "cuDeviceGetAttribute");
        return value;
    }
}
