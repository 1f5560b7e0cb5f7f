using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>What the header of a safetensors file says of one tensor.</summary>
/// <param name="Name">The name, unique within the file.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">The size along each axis, outermost first.</param>
/// <param name="FileOffset">Where its bytes start, counted from the start of the file.</param>
/// <param name="ByteCount">How many bytes it has in the file.</param>
public sealed record SafetensorsEntry(string Name, ElementType Type, Shape Shape, long FileOffset, long ByteCount);
