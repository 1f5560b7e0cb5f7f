using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FcnSharp.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FcnSharp.Formats;

/// <summary>
/// Reads tensors by ordinary file reads: a memory map would end the process when the file is cut short under it.
/// Works in pieces that stay in the cache, so that converting, checking and hashing cost no second pass over memory.
/// </summary>
internal sealed class TensorReader(SafeFileHandle handle, string path)
{
    private const int PieceElements = 1 << 17;

    /// <summary>Reads one tensor.</summary>
    /// <param name="entry">Where and what it is.</param>
    /// <param name="hash">Takes the tensor's bytes as the file holds them; null for none.</param>
    /// <param name="nonFinite">The index of the first NaN or infinity, -1 when there is none.</param>
    /// <exception cref="FcnSharpException">Not a floating-point tensor, too large for one array, or the file cannot be read to its end.</exception>
    public Tensor Read(SafetensorsEntry entry, IncrementalHash? hash, out long nonFinite)
    {
        CheckReadable(entry);
        float[] data = GC.AllocateUninitializedArray<float>((int)entry.Shape.ElementCount);
        nonFinite = -1;
        for (int start = 0; start < data.Length; start += PieceElements)
        {
            Span<float> piece = data.AsSpan(start, Math.Min(PieceElements, data.Length - start));
            ReadPiece(entry, start, piece, hash);
            nonFinite = FirstNonFinite(nonFinite, piece, start);
        }

        return new Tensor(entry.Shape, data);
    }

    /// <summary>Reads some of a tensor's elements. Several threads may read at once.</summary>
    /// <param name="entry">Where and what it is.</param>
    /// <param name="first">Index of the first element.</param>
    /// <param name="target">Filled with the elements from there on.</param>
    /// <exception cref="FcnSharpException">Not a floating-point tensor, or the file cannot be read to there.</exception>
    public void Read(SafetensorsEntry entry, long first, Span<float> target)
    {
        CheckReadable(entry);
        for (int start = 0; start < target.Length; start += PieceElements)
        {
            ReadPiece(entry, first + start, target.Slice(start, Math.Min(PieceElements, target.Length - start)), hash: null);
        }
    }

    /// <summary>Reads a tensor without keeping it.</summary>
    /// <param name="entry">Where and what it is.</param>
    /// <param name="hash">Takes the tensor's bytes as the file holds them.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The index of the first NaN or infinity, -1 when there is none.</returns>
    /// <exception cref="FcnSharpException">Not a floating-point tensor, or the file cannot be read to its end.</exception>
    public long Check(SafetensorsEntry entry, IncrementalHash hash, CancellationToken cancellation)
    {
        CheckReadable(entry);
        float[] scratch = ArrayPool<float>.Shared.Rent((int)Math.Min(PieceElements, entry.Shape.ElementCount));
        long nonFinite = -1;
        try
        {
            for (long start = 0; start < entry.Shape.ElementCount; start += PieceElements)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<float> piece = scratch.AsSpan(0, (int)Math.Min(PieceElements, entry.Shape.ElementCount - start));
                ReadPiece(entry, start, piece, hash);
                nonFinite = FirstNonFinite(nonFinite, piece, start);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }

        return nonFinite;
    }

    /// <summary>Fills the span from the file.</summary>
    /// <exception cref="FcnSharpException">The file ends before, or the system refuses.</exception>
    public static void ReadExactly(SafeFileHandle handle, Span<byte> target, long offset, string path)
    {
        try
        {
            for (int done = 0; done < target.Length;)
            {
                int read = RandomAccess.Read(handle, target[done..], offset + done);
                if (read == 0)
                {
                    throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} was cut short while it was read: it ends at byte {offset + done}, expected {offset + target.Length}; copy it again once nothing writes it."));
                }

                done += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check the disk or copy it again.", e);
        }
    }

    /// <summary>Converts little-endian elements to 32-bit floats; of F32 nothing is done, because it is read straight into its place.</summary>
    public static void Convert(ReadOnlySpan<byte> bytes, ElementType type, Span<float> target)
    {
        switch (type)
        {
            case ElementType.F16:
                FloatConversion.HalfToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), target);
                break;
            case ElementType.BF16:
                FloatConversion.BFloatToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), target);
                break;
            case ElementType.F64:
                FloatConversion.DoubleToSingle(MemoryMarshal.Cast<byte, double>(bytes), target);
                break;
            default:
                // F32 was read straight into its place.
                break;
        }
    }

    private static long FirstNonFinite(long before, ReadOnlySpan<float> piece, long start)
    {
        int found = before < 0 ? FloatConversion.IndexOfNonFinite(piece) : -1;
        return found < 0 ? before : start + found;
    }

    private void ReadPiece(SafetensorsEntry entry, long first, Span<float> piece, IncrementalHash? hash)
    {
        int elementSize = entry.Type.Size();
        byte[] raw = entry.Type == ElementType.F32 ? [] : ArrayPool<byte>.Shared.Rent(piece.Length * elementSize);
        try
        {
            Span<byte> bytes = entry.Type == ElementType.F32 ? MemoryMarshal.AsBytes(piece) : raw.AsSpan(0, piece.Length * elementSize);
            ReadExactly(handle, bytes, entry.FileOffset + (first * elementSize), path);
            hash?.AppendData(bytes);
            Convert(bytes, entry.Type, piece);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    private void CheckReadable(SafetensorsEntry entry)
    {
        if (!entry.Type.IsFloatingPoint())
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)}: tensor {ErrorText.Quote(entry.Name)} holds {entry.Type.FileName()}, expected F32, F16, BF16 or F64; leave it out, or save it as F32.");
        }

        if (entry.Shape.ElementCount > Array.MaxLength)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)}: tensor {ErrorText.Quote(entry.Name)} of shape {entry.Shape} has {entry.Shape.ElementCount} elements, at most {Array.MaxLength} fit into one; split it."));
        }
    }
}
