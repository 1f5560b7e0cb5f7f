using System.Buffers;
using System.Runtime.InteropServices;

namespace FcnSharp.Formats;

/// <summary>Turns tensors into the bytes that a file holds, piece by piece.</summary>
internal static class TensorEncoder
{
    private const int PieceElements = 1 << 17;

    /// <summary>Calls <paramref name="sink"/> with the bytes of all elements in order; F32 without a copy.</summary>
    public static void Encode(ReadOnlySpan<float> values, ElementType type, Action<ReadOnlySpan<byte>> sink)
    {
        ushort[] buffer = ArrayPool<ushort>.Shared.Rent(PieceElements);
        try
        {
            for (int start = 0; start < values.Length; start += PieceElements)
            {
                ReadOnlySpan<float> piece = values.Slice(start, Math.Min(PieceElements, values.Length - start));
                sink(Convert(piece, type, buffer.AsSpan(0, piece.Length)));
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(buffer);
        }
    }

    private static ReadOnlySpan<byte> Convert(ReadOnlySpan<float> piece, ElementType type, Span<ushort> buffer)
    {
        switch (type)
        {
            case ElementType.F16:
                FloatConversion.SingleToHalf(piece, buffer);
                return MemoryMarshal.AsBytes(buffer);
            case ElementType.BF16:
                FloatConversion.SingleToBFloat(piece, buffer);
                return MemoryMarshal.AsBytes(buffer);
            case ElementType.F32:
                return MemoryMarshal.AsBytes(piece);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Tensors are written as F32, F16 or BF16.");
        }
    }
}
