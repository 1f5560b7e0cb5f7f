using FcnSharp.Cli.Hosting;
using FcnSharp.Cuda;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Reference;

namespace FcnSharp.Cli.Commands;

/// <summary>The one place where the command line chooses a device.</summary>
internal static class Devices
{
    /// <summary>The device of naive kernels, as an answer to "which kernels".</summary>
    public const string Reference = "reference";

    /// <summary>The kernel sets that this machine has, the one in use first.</summary>
    public static IReadOnlyList<string> KernelSets { get; } = [KernelSet.Best.Name, .. KernelSet.All.Where(s => s.IsSupported && s != KernelSet.Best).Select(s => s.Name)];

    /// <summary>How many threads compute under the shared options.</summary>
    public static int Threads(SharedValues options) => options.Threads ?? WorkerPool.DefaultThreads;

    /// <summary>The name of the kernels that the shared options ask for.</summary>
    /// <exception cref="UsageException">There are no kernels of that name.</exception>
    public static string Kernels(SharedValues options) => options.Kernels == Reference ? Reference : NamedSet(options.Kernels).Name;

    /// <summary>The device that the shared options ask for.</summary>
    /// <exception cref="UsageException">There are no kernels of that name.</exception>
    /// <exception cref="FcnSharpException">This machine lacks the kernel set, or what the graphics processor needs.</exception>
    public static IDevice Open(SharedValues options)
    {
        if (options.Gpu is { } ordinal)
        {
            CudaDeviceInfo gpu = Cuda(options).Device(ordinal);
            throw new FcnSharpException($"{gpu.Id} ({gpu.Name}) is there, but nets do not run on it yet; leave --device out to compute on the processor.");
        }

        KernelSet? kernels = options.Kernels == Reference ? null : NamedSet(options.Kernels);
        WorkerPool.ConfigureShared(Threads(options));
        return kernels is null ? new ReferenceDevice() : new CpuDevice(kernels: kernels, precision: PrecisionOf(options));
    }

    /// <summary>NVIDIA's libraries.</summary>
    /// <exception cref="UsageException">Kernels of the processor are asked for as well.</exception>
    /// <exception cref="FcnSharpException">One is missing or too old.</exception>
    public static CudaRuntime Cuda(SharedValues options) => options.Kernels is null
        ? CudaRuntime.Load()
        : throw new UsageException("--kernels names kernels of the processor; leave it or --device out");

    /// <summary>Which algorithms compute which convolutions under the shared options; the reference has one for all, and no table.</summary>
    /// <exception cref="UsageException">There are no kernels of that name.</exception>
    public static IReadOnlyList<ConvolutionTableRow> Convolutions(SharedValues options) =>
        options.Kernels == Reference ? [] : ConvolutionTableRow.Of(NamedSet(options.Kernels), PrecisionOf(options));

    /// <summary>The most multiply-adds that a device of <see cref="Open(SharedValues)"/> could do, in GFLOP/s.</summary>
    public static double MeasurePeak(string? kernels) =>
        FmaPeak.Measure(WorkerPool.Shared, kernels == Reference ? KernelSet.Best : NamedSet(kernels));

    private static Precision PrecisionOf(SharedValues options) => options.Exact ? Precision.Exact : Precision.Fast;

    private static KernelSet NamedSet(string? name) =>
        name is null ? KernelSet.Best : KernelSet.All.FirstOrDefault(s => s.Name == name)
            ?? throw new UsageException($"there are no kernels '{name}'; there are {string.Join(", ", KernelSet.All.Select(s => s.Name).Append(Reference))}");
}
