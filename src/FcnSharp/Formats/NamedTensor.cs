using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>A tensor and the name a file knows it by, such as "conv1_1.weight".</summary>
/// <param name="Name">The name, unique within its file; any Unicode text.</param>
/// <param name="Tensor">The values.</param>
public readonly record struct NamedTensor(string Name, Tensor Tensor);
