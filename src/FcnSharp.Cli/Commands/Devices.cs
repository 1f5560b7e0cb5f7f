using FcnSharp.Cli.Hosting;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>The one place where the command line chooses a device.</summary>
internal static class Devices
{
    /// <summary>The device that the shared options ask for.</summary>
    public static IDevice Open(SharedValues options)
    {
        WorkerPool.ConfigureShared(options.Threads ?? WorkerPool.DefaultThreads);
        return new CpuDevice();
    }
}
