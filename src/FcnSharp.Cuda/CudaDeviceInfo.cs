using System.Globalization;

namespace FcnSharp.Cuda;

/// <summary>A graphics processor that the driver knows.</summary>
/// <param name="Ordinal">Its number among those that this process may use, from 0 on.</param>
/// <param name="Name">What its maker calls it.</param>
/// <param name="ComputeCapability">What its instructions can do, such as 9.0.</param>
/// <param name="MemoryBytes">All of its memory.</param>
/// <param name="Multiprocessors">How many processors it has.</param>
public sealed record CudaDeviceInfo(int Ordinal, string Name, Version ComputeCapability, long MemoryBytes, int Multiprocessors)
{
    /// <summary>What it is called on the command line: "cuda:0".</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"cuda:{Ordinal}");
}
