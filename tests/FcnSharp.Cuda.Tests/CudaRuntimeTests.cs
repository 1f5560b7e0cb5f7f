using System.Runtime.InteropServices;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Cuda.Tests;

/// <summary>Finding NVIDIA's libraries and what is said where they are not: on made-up machines, whose functions are called as the real ones would be.</summary>
public sealed class CudaRuntimeTests
{
    private static readonly (string, int, int, long, int) Large = ("NVIDIA H200", 9, 0, 150_000_000_000, 132);
    private static readonly (string, int, int, long, int) Old = ("Tesla M60", 5, 2, 8_000_000_000, 16);

    [Fact]
    public void Everything_that_is_there_is_found_and_described()
    {
        FakeCuda.Set(devices: [Large, Old]);

        CudaRuntime runtime = CudaRuntime.Load(new FakeSystem());

        Assert.Equal([new(0, "NVIDIA H200", new(9, 0), 150_000_000_000, 132), new(1, "Tesla M60", new(5, 2), 8_000_000_000, 16)], runtime.Devices);
        Assert.Equal(new CudaVersions(new(12, 4), new(9, 5, 1), new(12, 5, 1), new(12, 5)), runtime.Versions);
        Assert.Equal(["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.12", "libnvrtc.so.12"], runtime.Files);
        Assert.Equal("cuda:1", runtime.Device(1).Id);
    }

    [Fact]
    public void Without_a_driver_it_says_what_to_install()
    {
        Refuses(new FakeSystem { Files = [] }, "NVIDIA's driver was not found (libcuda.so.1): install version 525 or newer from https://www.nvidia.com/drivers, or compute on the processor.");
        Refuses(new FakeSystem { Files = [], Platform = OSPlatform.Windows }, "NVIDIA's driver was not found (nvcuda.dll): install version 525 or newer from https://www.nvidia.com/drivers, or compute on the processor.");
    }

    [Fact]
    public void Systems_that_NVIDIA_makes_nothing_for_are_named()
    {
        Assert.StartsWith("CUDA is there for Linux and Windows on x64 and Arm64, not for ", Message(new FakeSystem { Platform = null }), StringComparison.Ordinal);
        Assert.EndsWith(" on X86: compute on the processor.", Message(new FakeSystem { Architecture = Architecture.X86 }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_driver_is_refused_before_it_is_started()
    {
        FakeCuda.Set(driver: 11040, initStatus: 999);
        Refuses(new FakeSystem(), "NVIDIA's driver offers CUDA 11.4, and 12.0 is needed: install version 525 or newer from https://www.nvidia.com/drivers.");
    }

    [Theory]
    [InlineData(100, null, "NVIDIA's driver finds no graphics processor: nvidia-smi shows what it sees, and a container has to be started with --gpus all.")]
    [InlineData(100, "7", "NVIDIA's driver finds no graphics processor: nvidia-smi shows what it sees, and a container has to be started with --gpus all; CUDA_VISIBLE_DEVICES is \"7\", which may hide it.")]
    [InlineData(0, null, "NVIDIA's driver finds no graphics processor: nvidia-smi shows what it sees, and a container has to be started with --gpus all.")]
    [InlineData(804, null, "NVIDIA's driver failed: cuInit gave CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE (804). nvidia-smi shows whether the driver works; after an update of the driver the machine has to be started anew.")]
    [InlineData(12345, null, "NVIDIA's driver failed: cuInit gave an unknown error (12345). nvidia-smi shows whether the driver works; after an update of the driver the machine has to be started anew.")]
    public void A_driver_that_does_not_start_or_sees_nothing_is_told(int status, string? visible, string message)
    {
        FakeCuda.Set(initStatus: status);
        Refuses(new FakeSystem { Variables = visible is null ? [] : new() { ["CUDA_VISIBLE_DEVICES"] = visible } }, message);
    }

    [Fact]
    public void Each_missing_library_is_named_with_its_packages()
    {
        FakeCuda.Set(devices: Large);
        Refuses(new FakeSystem { Files = ["libcuda.so.1"] }, "cuDNN 9 was not found (libcudnn.so.9): install it from NVIDIA's repository (apt install cudnn9-cuda-12) or into the active Python environment (pip install nvidia-cudnn-cu12), or name its folder in FCNSHARP_CUDA.");
        Refuses(new FakeSystem { Files = ["libcuda.so.1", "libcudnn.so.9"] }, "cuBLASLt for CUDA 12 was not found (libcublasLt.so.12): install it from NVIDIA's repository (apt install cuda-toolkit-12) or into the active Python environment (pip install nvidia-cublas-cu12), or name its folder in FCNSHARP_CUDA.");
        Refuses(new FakeSystem { Files = ["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.12"] }, "NVRTC for CUDA 12 was not found (libnvrtc.so.12): install it from NVIDIA's repository (apt install cuda-toolkit-12) or into the active Python environment (pip install nvidia-cuda-nvrtc-cu12), or name its folder in FCNSHARP_CUDA.");
        Refuses(new FakeSystem { Platform = OSPlatform.Windows, Files = ["nvcuda.dll", "cudnn64_9.dll", "cublasLt64_12.dll"] }, "NVRTC for CUDA 12 was not found (nvrtc64_120_0.dll): install the CUDA Toolkit 12 from https://developer.nvidia.com/cuda-downloads, or name its folder in FCNSHARP_CUDA.");
    }

    [Fact]
    public void The_cuDNN_before_is_not_called_missing()
    {
        FakeCuda.Set(driver: 13000, devices: Large);
        Refuses(new FakeSystem { Files = ["libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcudnn.so.8"] }, "/usr/lib/x86_64-linux-gnu/libcudnn.so.8 is cuDNN 8, and 9 is needed: install it from NVIDIA's repository (apt install cudnn9-cuda-13) or into the active Python environment (pip install nvidia-cudnn-cu13), or name its folder in FCNSHARP_CUDA.");

        FakeCuda.Set(cudnn: 8907, devices: Large);
        Refuses(new FakeSystem(), "libcudnn.so.9: this is cuDNN 8.9.7, and 9 is needed: install it from NVIDIA's repository (apt install cudnn9-cuda-12) or into the active Python environment (pip install nvidia-cudnn-cu12).");
    }

    [Fact]
    public void Libraries_are_those_of_the_CUDA_that_cuDNN_is_for()
    {
        FakeCuda.Set(driver: 13010, cudnnCuda: 13000, cublas: 130100, devices: Large);
        var both = new FakeSystem { Files = ["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.12", "libnvrtc.so.12", "libcublasLt.so.13", "libnvrtc.so.13"] };
        CudaRuntime runtime = CudaRuntime.Load(both);
        Assert.Equal(["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.13", "libnvrtc.so.13"], runtime.Files);
        Assert.Equal(new Version(13, 1, 0), runtime.Versions.Cublas);
        Refuses(new FakeSystem(), "cuBLASLt for CUDA 13 was not found (libcublasLt.so.13): install it from NVIDIA's repository (apt install cuda-toolkit-13) or into the active Python environment (pip install nvidia-cublas), or name its folder in FCNSHARP_CUDA.");

        FakeCuda.Set(driver: 12080, cudnnCuda: 13000, devices: Large);
        Refuses(both, "libcudnn.so.9: this cuDNN is for CUDA 13, and the driver offers 12.8: install it from NVIDIA's repository (apt install cudnn9-cuda-12) or into the active Python environment (pip install nvidia-cudnn-cu12), or a newer driver.");

        FakeCuda.Set(cudnnCuda: 11080, devices: Large);
        Refuses(both, "libcudnn.so.9: this cuDNN is for CUDA 11, and the driver offers 12.4: install it from NVIDIA's repository (apt install cudnn9-cuda-12) or into the active Python environment (pip install nvidia-cudnn-cu12).");
    }

    [Theory]
    [InlineData("cuInit", "libcuda.so.1: this is not NVIDIA's driver as FcnSharp needs it, as it has no function cuInit; install it anew, or name another folder in FCNSHARP_CUDA.")]
    [InlineData("cudnnGetCudartVersion", "libcudnn.so.9: this is not cuDNN as FcnSharp needs it, as it has no function cudnnGetCudartVersion; install it anew, or name another folder in FCNSHARP_CUDA.")]
    [InlineData("cublasLtGetVersion", "libcublasLt.so.12: this is not cuBLASLt as FcnSharp needs it, as it has no function cublasLtGetVersion; install it anew, or name another folder in FCNSHARP_CUDA.")]
    [InlineData("nvrtcVersion", "libnvrtc.so.12: this is not NVRTC as FcnSharp needs it, as it has no function nvrtcVersion; install it anew, or name another folder in FCNSHARP_CUDA.")]
    public void A_file_that_only_has_the_name_is_told(string function, string message)
    {
        FakeCuda.Set(devices: Large);
        Refuses(new FakeSystem { Lacking = [function] }, message);
    }

    [Fact]
    public void A_file_that_cannot_be_loaded_is_not_called_missing()
    {
        FakeCuda.Set(devices: Large);
        const string Words = "is broken, lacks a library it needs, or is for another kind of processor: ";
        Dictionary<string, string> mine = new() { ["FCNSHARP_CUDA"] = "/mine" };
        Assert.StartsWith($"NVIDIA's driver cannot be loaded, as /mine/libcuda.so.1 {Words}install version 525 ", Message(new FakeSystem { Files = [], Broken = ["/mine/libcuda.so.1"], Variables = mine }), StringComparison.Ordinal);
        Assert.StartsWith($"cuDNN 9 cannot be loaded, as /mine/libcudnn.so.9 {Words}install it ", Message(new FakeSystem { Files = ["libcuda.so.1"], Broken = ["/mine/libcudnn.so.9"], Variables = mine }), StringComparison.Ordinal);
        Assert.StartsWith($"NVRTC for CUDA 12 cannot be loaded, as /usr/local/cuda/lib64/libnvrtc.so.12 {Words}install it ", Message(new FakeSystem { Files = ["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.12"], Broken = ["/usr/local/cuda/lib64/libnvrtc.so.12"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_compiler_that_fails_is_told()
    {
        FakeCuda.Set(nvrtcStatus: 5, devices: Large);
        Refuses(new FakeSystem(), "libnvrtc.so.12: nvrtcVersion failed (5); install it anew.");
    }

    [Fact]
    public void Processors_that_are_not_there_or_too_old_for_cuDNN_are_refused()
    {
        FakeCuda.Set(devices: [Large, ("GeForce GTX 780", 3, 5, 3_000_000_000, 12)]);
        CudaRuntime runtime = CudaRuntime.Load(new FakeSystem());
        Assert.Equal("There is no cuda:2; there is cuda:0 (NVIDIA H200), cuda:1 (GeForce GTX 780).", Assert.Throws<FcnSharpException>(() => runtime.Device(2)).Message);
        Assert.Equal("cuda:1 (GeForce GTX 780) has compute capability 3.5, and this cuDNN needs 5.0 or more: take another.", Assert.Throws<FcnSharpException>(() => runtime.Device(1)).Message);

        FakeCuda.Set(driver: 13000, cudnnCuda: 13000, devices: Old);
        runtime = CudaRuntime.Load(new FakeSystem { Files = ["libcuda.so.1", "libcudnn.so.9", "libcublasLt.so.13", "libnvrtc.so.13"] });
        Assert.Equal("cuda:0 (Tesla M60) has compute capability 5.2, and this cuDNN needs 7.5 or more: install cuDNN for CUDA 12, or take another.", Assert.Throws<FcnSharpException>(() => runtime.Device(0)).Message);
    }

    [Fact]
    public void Whoever_can_do_without_gets_the_reason()
    {
        // On a machine with a graphics processor all may be there; then there is a first one.
        bool found = CudaRuntime.TryLoad(out CudaRuntime? runtime, out string? missing);
        Assert.Equal(found, missing is null);
        Assert.Equal(found, runtime?.Devices.Count > 0);
        Assert.True(found || missing!.Length > 20);
    }

    private static void Refuses(FakeSystem system, string message) => Assert.Equal(message, Message(system));

    private static string Message(FakeSystem system)
    {
        string message = Assert.Throws<FcnSharpException>(() => CudaRuntime.Load(system)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
