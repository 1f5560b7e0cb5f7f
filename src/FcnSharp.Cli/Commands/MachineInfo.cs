using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
using FcnSharp.Cuda;
using FcnSharp.Tensors.Cpu;

namespace FcnSharp.Cli.Commands;

/// <summary>What `fcn info` tells: what the program is and what it found to compute on.</summary>
internal sealed record MachineInfo(
    string Version,
    string Runtime,
    string OperatingSystem,
    string Architecture,
    int Cores,
    int Threads,
    string Kernels,
    IReadOnlyList<string> SupportedKernels,
    int VectorBits,
    IReadOnlyList<string> InstructionSets,
    long AvailableMemoryBytes,
    IReadOnlyList<ConvolutionTableRow> Convolutions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MachineInfoCuda? Cuda)
{
    /// <summary>Looks at the machine, within the limits that a container sets.</summary>
    public static MachineInfo Read(SharedValues options) => new(
        AppVersion.Current,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Devices.Threads(options),
        Devices.Kernels(options),
        Devices.KernelSets,
        WidestVector(),
        [.. SupportedSets()],
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Devices.Convolutions(options),
        options.Gpu is null ? null : MachineInfoCuda.Of(Devices.Cuda(options)));

    private static int WidestVector() =>
        Vector512.IsHardwareAccelerated ? 512 :
        Vector256.IsHardwareAccelerated ? 256 :
        Vector128.IsHardwareAccelerated ? 128 : 0;

    private static IEnumerable<string> SupportedSets()
    {
        (string Name, bool IsSupported)[] sets =
        [
            ("AVX-512F", Avx512F.IsSupported),
            ("AVX2", Avx2.IsSupported),
            ("FMA", Fma.IsSupported),
            ("AdvSimd", AdvSimd.IsSupported),
        ];
        return sets.Where(set => set.IsSupported).Select(set => set.Name);
    }
}

/// <summary>What there is of NVIDIA's.</summary>
/// <param name="Driver">The newest CUDA that the driver can run.</param>
/// <param name="Cudnn">Version of cuDNN.</param>
/// <param name="Cublas">Version of cuBLASLt.</param>
/// <param name="Nvrtc">Version of NVRTC.</param>
/// <param name="Files">Where the libraries were found.</param>
/// <param name="Devices">The graphics processors.</param>
internal sealed record MachineInfoCuda(string Driver, string Cudnn, string Cublas, string Nvrtc, IReadOnlyList<string> Files, IReadOnlyList<MachineInfoGpu> Devices)
{
    public static MachineInfoCuda Of(CudaRuntime runtime) => new(
        runtime.Versions.Driver.ToString(),
        runtime.Versions.Cudnn.ToString(),
        runtime.Versions.Cublas.ToString(),
        runtime.Versions.Nvrtc.ToString(),
        runtime.Files,
        [.. runtime.Devices.Select(d => new MachineInfoGpu(d.Id, d.Name, d.ComputeCapability.ToString(), d.MemoryBytes, d.Multiprocessors))]);
}

/// <summary>A graphics processor.</summary>
internal sealed record MachineInfoGpu(string Id, string Name, string ComputeCapability, long MemoryBytes, int Multiprocessors);

/// <summary>Writes the information as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MachineInfo))]
internal sealed partial class MachineInfoJson : JsonSerializerContext;
