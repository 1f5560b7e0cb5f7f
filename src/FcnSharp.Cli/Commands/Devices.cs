using FcnSharp.Cli.Hosting;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>The one place where the command line chooses a device.</summary>
internal static class Devices
{
    /// <summary>The kernel sets that this machine has, the one in use first.</summary>
    public static IReadOnlyList<string> KernelSets { get; } = [KernelSet.Best.Name, .. KernelSet.All.Where(s => s.IsSupported && s != KernelSet.Best).Select(s => s.Name)];

    /// <summary>How many threads compute under the shared options.</summary>
    public static int Threads(SharedValues options) => options.Threads ?? WorkerPool.DefaultThreads;

    /// <summary>The device that the shared options ask for.</summary>
    public static IDevice Open(SharedValues options)
    {
        WorkerPool.ConfigureShared(Threads(options));
        return new CpuDevice();
    }
}
