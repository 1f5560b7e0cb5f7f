namespace FcnSharp.Tensors.Cpu;

/// <summary>Pixels of one image that are an item of work of kernels over all classes.</summary>
internal static class PixelRun
{
    /// <summary>Pixels of an item; fixed, because the loss is summed run by run.</summary>
    public const int Length = 2048;

    /// <summary>Runs of a plane.</summary>
    public static long CountOf(long plane) => (plane + Length - 1) / Length;
}
