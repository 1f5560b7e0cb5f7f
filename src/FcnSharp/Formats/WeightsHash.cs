using System.Security.Cryptography;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// SHA-256 over the tensors of a file, so that a changed or damaged file is noticed when it is loaded.
/// Hashed for each tensor in the order of the file: the name (length as int32, then UTF-8), the element type's name
/// (likewise), the rank and each dimension (int32), then the bytes as the file holds them. All integers little-endian.
/// </summary>
internal static class WeightsHash
{
    /// <summary>The hash, in lower-case hexadecimal, of tensors as a file would hold them.</summary>
    public static string Compute(IReadOnlyList<NamedTensor> tensors, ElementType type)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedTensor tensor in tensors)
        {
            AppendHeading(hash, tensor.Name, type, tensor.Tensor.Shape);
            TensorEncoder.Encode(tensor.Tensor.Span, type, hash.AppendData);
        }

        return hash.Finish();
    }

    /// <summary>Appends what identifies a tensor; its bytes follow.</summary>
    public static void AppendHeading(IncrementalHash hash, string name, ElementType type, Shape shape)
    {
        hash.AppendText(name);
        hash.AppendText(type.FileName());
        hash.AppendInteger(shape.Rank);
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            hash.AppendInteger(shape[axis]);
        }
    }
}
