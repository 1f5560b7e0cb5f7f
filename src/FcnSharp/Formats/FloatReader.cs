using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FcnSharp.Formats;

/// <summary>Reads floating-point elements of any stored type and byte order into 32-bit floats, F32 straight into its place.</summary>
internal static class FloatReader
{
    private const int PieceElements = 1 << 16;

    /// <summary>Fills the target from the source.</summary>
    /// <param name="source">Stands at the first element.</param>
    /// <param name="type">F32, F16, BF16 or F64.</param>
    /// <param name="bigEndian">Whether the most significant byte of each element comes first.</param>
    /// <param name="target">As many floats as are to be read.</param>
    /// <exception cref="FcnSharp.Tensors.FcnSharpException">The source ends before, or cannot be read.</exception>
    public static void Read(ByteSource source, ElementType type, bool bigEndian, Span<float> target)
    {
        int size = type.Size();
        byte[] raw = type == ElementType.F32 ? [] : ArrayPool<byte>.Shared.Rent(Math.Min(PieceElements, target.Length) * size);
        try
        {
            while (target.Length > 0)
            {
                Span<float> piece = target[..Math.Min(PieceElements, target.Length)];
                Span<byte> bytes = type == ElementType.F32 ? MemoryMarshal.AsBytes(piece) : raw.AsSpan(0, piece.Length * size);
                source.ReadExactly(bytes);
                if (bigEndian)
                {
                    Reverse(bytes, size);
                }

                TensorReader.Convert(bytes, type, piece);
                target = target[piece.Length..];
            }
        }
        finally
        {
            if (raw.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(raw);
            }
        }
    }

    private static void Reverse(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(halves, halves);
                break;
            case 4:
                Span<uint> singles = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(singles, singles);
                break;
            default:
                Span<ulong> doubles = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                break;
        }
    }
}
