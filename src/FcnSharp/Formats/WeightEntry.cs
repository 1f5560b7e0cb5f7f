using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>A floating-point tensor that a weight file holds.</summary>
/// <param name="Name">Its name, unique within the file.</param>
/// <param name="Type">How its elements are stored; in memory they become F32.</param>
/// <param name="Shape">The size along each axis, outermost first.</param>
public sealed record WeightEntry(string Name, ElementType Type, Shape Shape)
{
    /// <summary>Orders tensors by where they lie in the file, so that reading all of them reads nothing twice.</summary>
    internal long Place { get; init; }
}

/// <summary>Something that a weight file holds and that is not read as a tensor.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Reason">What it is, such as "I64 scalar".</param>
public sealed record SkippedEntry(string Name, string Reason);
