using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Serialization;
using FcnSharp.Cli.Hosting;
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
    IReadOnlyList<ConvolutionTableRow> Convolutions)
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
        Devices.Convolutions(options));

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

/// <summary>Writes the information as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MachineInfo))]
internal sealed partial class MachineInfoJson : JsonSerializerContext;
