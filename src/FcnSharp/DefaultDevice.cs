using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;

namespace FcnSharp;

/// <summary>
/// The device of callers that name none. The one place of the library that knows which devices there are; everything else takes
/// what it is given.
/// </summary>
public static class DefaultDevice
{
    /// <summary>A new device, the caller's to dispose: the processor, with the widest vectors it has and all its cores.</summary>
    public static IDevice Create() => new CpuDevice();
}
