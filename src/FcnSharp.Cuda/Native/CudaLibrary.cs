using System.Globalization;

namespace FcnSharp.Cuda.Native;

/// <summary>One of NVIDIA's libraries: what its file is called and how it is installed.</summary>
/// <param name="Name">The project's name.</param>
/// <param name="LinuxName">Its file on Linux, {0} standing for the major version.</param>
/// <param name="WindowsName">Its file on Windows, likewise.</param>
/// <param name="PipPackage">Its package for Python, less what names the version of CUDA; null for what comes with the driver.</param>
/// <param name="PipFolder">The folder of that package below nvidia/.</param>
internal sealed record CudaLibrary(string Name, string LinuxName, string WindowsName, string? PipPackage = null, string PipFolder = "")
{
    /// <summary>The version of CUDA from which on packages for Python are called without it, but for cuDNN's, and share a folder.</summary>
    public const int SharedPipFolder = 13;

    /// <summary>The driver's library, which comes with the driver alone.</summary>
    public static CudaLibrary Driver { get; } = new("NVIDIA's driver", "libcuda.so.1", "nvcuda.dll");

    /// <summary>Convolutions and what belongs to them.</summary>
    public static CudaLibrary Cudnn { get; } = new("cuDNN", "libcudnn.so.{0}", "cudnn64_{0}.dll", "nvidia-cudnn", "cudnn");

    /// <summary>Products of matrices; cuDNN needs it, too.</summary>
    public static CudaLibrary CublasLt { get; } = new("cuBLASLt", "libcublasLt.so.{0}", "cublasLt64_{0}.dll", "nvidia-cublas", "cublas");

    /// <summary>The compiler of kernels at run time.</summary>
    public static CudaLibrary Nvrtc { get; } = new("NVRTC", "libnvrtc.so.{0}", "nvrtc64_{0}0_0.dll", "nvidia-cuda-nvrtc", "cuda_nvrtc");

    /// <summary>The file's name.</summary>
    public string File(bool windows, int major) => string.Format(CultureInfo.InvariantCulture, windows ? WindowsName : LinuxName, major);

    /// <summary>The step that installs it for a major version of CUDA.</summary>
    public string InstallHint(bool windows, int cuda)
    {
        bool cudnn = this == Cudnn;
        string pip = PipPackage + (cudnn || cuda < SharedPipFolder ? string.Create(CultureInfo.InvariantCulture, $"-cu{cuda}") : "");
        return windows
            ? string.Create(CultureInfo.InvariantCulture, $"install {(cudnn ? "cuDNN 9" : $"the CUDA Toolkit {cuda}")} from https://developer.nvidia.com/{(cudnn ? "cudnn" : "cuda")}-downloads")
            : string.Create(CultureInfo.InvariantCulture, $"install it from NVIDIA's repository (apt install {(cudnn ? "cudnn9-cuda" : "cuda-toolkit")}-{cuda}) or into the active Python environment (pip install {pip})");
    }
}
