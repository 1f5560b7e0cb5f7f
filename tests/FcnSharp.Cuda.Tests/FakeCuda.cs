using System.Runtime.InteropServices;
using System.Text;

namespace FcnSharp.Cuda.Tests;

/// <summary>Functions as NVIDIA's libraries have them, which answer what a test has set for its thread.</summary>
internal static unsafe class FakeCuda
{
    /// <summary>Name, compute capability, bytes and multiprocessors of each processor.</summary>
    [ThreadStatic]
    private static (string Name, int Major, int Minor, long Bytes, int Multiprocessors)[]? _devices;

    [ThreadStatic]
    private static int _driver;

    [ThreadStatic]
    private static int _initStatus;

    [ThreadStatic]
    private static nuint _cudnn;

    [ThreadStatic]
    private static nuint _cudnnCuda;

    [ThreadStatic]
    private static nuint _cublas;

    [ThreadStatic]
    private static int _nvrtcStatus;

    [ThreadStatic]
    private static byte* _errorName;

    public static void Set(int driver = 12040, int initStatus = 0, int cudnn = 90501, int cudnnCuda = 12060, int cublas = 120501, int nvrtcStatus = 0, params (string, int, int, long, int)[] devices)
    {
        (_driver, _initStatus, _cudnn, _cudnnCuda, _cublas, _nvrtcStatus) = (driver, initStatus, (nuint)cudnn, (nuint)cudnnCuda, (nuint)cublas, nvrtcStatus);
        _devices = devices;
    }

    /// <summary>The address of a function of a library, 0 where it has none of that name.</summary>
    public static nint Function(string file, string name) => (file.Split('.', '6')[0], name) switch
    {
        ("libcuda" or "nvcuda", "cuDriverGetVersion") => (nint)(delegate* unmanaged<int*, int>)&DriverGetVersion,
        ("libcuda" or "nvcuda", "cuInit") => (nint)(delegate* unmanaged<uint, int>)&Init,
        ("libcuda" or "nvcuda", "cuGetErrorName") => (nint)(delegate* unmanaged<int, byte**, int>)&GetErrorName,
        ("libcuda" or "nvcuda", "cuDeviceGetCount") => (nint)(delegate* unmanaged<int*, int>)&DeviceGetCount,
        ("libcuda" or "nvcuda", "cuDeviceGet") => (nint)(delegate* unmanaged<int*, int, int>)&DeviceGet,
        ("libcuda" or "nvcuda", "cuDeviceGetName") => (nint)(delegate* unmanaged<byte*, int, int, int>)&DeviceGetName,
        ("libcuda" or "nvcuda", "cuDeviceGetAttribute") => (nint)(delegate* unmanaged<int*, int, int, int>)&DeviceGetAttribute,
        ("libcuda" or "nvcuda", "cuDeviceTotalMem_v2") => (nint)(delegate* unmanaged<nuint*, int, int>)&DeviceTotalMem,
        ("libcudnn" or "cudnn", "cudnnGetVersion") => (nint)(delegate* unmanaged<nuint>)&CudnnGetVersion,
        ("libcudnn" or "cudnn", "cudnnGetCudartVersion") => (nint)(delegate* unmanaged<nuint>)&CudnnGetCudartVersion,
        ("libcublasLt" or "cublasLt", "cublasLtGetVersion") => (nint)(delegate* unmanaged<nuint>)&CublasLtGetVersion,
        ("libnvrtc" or "nvrtc", "nvrtcVersion") => (nint)(delegate* unmanaged<int*, int*, int>)&NvrtcVersion,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static int DriverGetVersion(int* version)
    {
        *version = _driver;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Init(uint flags) => flags == 0 ? _initStatus : 1;

    [UnmanagedCallersOnly]
    private static int GetErrorName(int status, byte** name)
    {
        if (status != 804)
        {
            return 1;
        }

        if (_errorName is null)
        {
            _errorName = (byte*)Marshal.StringToCoTaskMemUTF8("CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE");
        }

        *name = _errorName;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DeviceGetCount(int* count)
    {
        *count = _devices!.Length;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DeviceGet(int* device, int ordinal)
    {
        // Handles need not be ordinals.
        *device = ordinal + 70;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DeviceGetName(byte* name, int length, int device)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(_devices![device - 70].Name + "\0");
        bytes.AsSpan().CopyTo(new Span<byte>(name, length));
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int DeviceGetAttribute(int* value, int attribute, int device)
    {
        (_, int major, int minor, _, int multiprocessors) = _devices![device - 70];
        *value = attribute switch { 75 => major, 76 => minor, 16 => multiprocessors, _ => -1 };
        return *value < 0 ? 1 : 0;
    }

    [UnmanagedCallersOnly]
    private static int DeviceTotalMem(nuint* bytes, int device)
    {
        *bytes = (nuint)_devices![device - 70].Bytes;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static nuint CudnnGetVersion() => _cudnn;

    [UnmanagedCallersOnly]
    private static nuint CudnnGetCudartVersion() => _cudnnCuda;

    [UnmanagedCallersOnly]
    private static nuint CublasLtGetVersion() => _cublas;

    [UnmanagedCallersOnly]
    private static int NvrtcVersion(int* major, int* minor)
    {
        (*major, *minor) = (12, 5);
        return _nvrtcStatus;
    }
}
