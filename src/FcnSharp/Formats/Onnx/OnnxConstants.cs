using System.Buffers;
using System.Runtime.InteropServices;

namespace FcnSharp.Formats.Onnx;

/// <summary>Constants of floats, and changes of type.</summary>
internal static class OnnxConstants
{
    private const int Chunk = 1 << 16;

    /// <summary>Floats, stored in 32 or 16 bits.</summary>
    public static OnnxConstant Floats(string name, OnnxElementType type, IReadOnlyList<long> sizes, ReadOnlyMemory<float> values) => type == OnnxElementType.Float16
        ? new OnnxConstant(name, type, sizes, (long)values.Length * sizeof(ushort), stream => WriteHalf(values.Span, stream))
        : new OnnxConstant(name, type, sizes, (long)values.Length * sizeof(float), stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Adds a change of type.</summary>
    public static string Cast(OnnxGraph graph, string name, string input, OnnxElementType type) => graph.Add("Cast", name, [input], new OnnxAttribute("to", (long)type));

    private static void WriteHalf(ReadOnlySpan<float> values, Stream stream)
    {
        ushort[] half = ArrayPool<ushort>.Shared.Rent(Chunk);
        for (int at = 0; at < values.Length; at += Chunk)
        {
            int count = Math.Min(Chunk, values.Length - at);
            FloatConversion.SingleToHalf(values.Slice(at, count), half.AsSpan(0, count));
            stream.Write(MemoryMarshal.AsBytes(half.AsSpan(0, count)));
        }

        ArrayPool<ushort>.Shared.Return(half);
    }
}
