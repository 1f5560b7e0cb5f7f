using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FcnSharp.Imaging;

/// <summary>
/// The five filters of PNG rows (specification, chapter 9): a byte is stored as its difference, modulo 256, to a prediction
/// from a (the byte one pixel to the left), b (above) and c (above a). Rows are handed over with
/// <see cref="Margin"/> zero bytes in front, which stand for the pixels left of the picture, and as many bytes behind,
/// of any value, so that whole pixels can be loaded and stored as one word.
/// </summary>
internal static class PngFilter
{
    /// <summary>Bytes in front of each row and behind it: the size of the largest pixel (four samples of 16 bits).</summary>
    public const int Margin = 8;

    /// <summary>How many filters there are; their numbers in the file run from 0.</summary>
    public const int Count = 5;

    private interface IPredictor
    {
        static abstract Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c);

        static abstract byte Predict(byte a, byte b, byte c);
    }

    /// <summary>A buffer for a row of so many bytes, with its margins.</summary>
    public static byte[] CreateRow(int rowBytes) => new byte[Margin + rowBytes + Margin];

    /// <summary>Turns a filtered row into samples.</summary>
    /// <param name="filter">0 None, 1 Sub, 2 Up, 3 Average, 4 Paeth.</param>
    /// <param name="filtered">The differences, without a margin in front but with one behind.</param>
    /// <param name="above">The finished row above, with its margins; zeros for the first row of a pass.</param>
    /// <param name="distance">Bytes to the pixel before.</param>
    /// <param name="row">Receives the samples; with its margins.</param>
    public static void Undo(int filter, ReadOnlySpan<byte> filtered, ReadOnlySpan<byte> above, int distance, Span<byte> row)
    {
        switch (filter)
        {
            case 0:
                filtered.CopyTo(row[Margin..]);
                break;
            case 1:
                UndoByPixel<Sub>(filtered, above, distance, row);
                break;
            case 2:
                UndoUp(filtered, above, row);
                break;
            case 3:
                UndoByPixel<Average>(filtered, above, distance, row);
                break;
            default:
                UndoPaeth(filtered, above, distance, row);
                break;
        }
    }

    /// <summary>Filters a row and tells how large the differences are: the smaller, the better they usually compress.</summary>
    /// <param name="filter">1 Sub, 2 Up, 3 Average, 4 Paeth.</param>
    /// <param name="row">The samples, with their margin.</param>
    /// <param name="above">The row above, with its margin.</param>
    /// <param name="distance">Bytes to the pixel before.</param>
    /// <param name="filtered">Receives the differences, without a margin.</param>
    /// <returns>The sum of the absolute differences, each taken as a signed byte.</returns>
    public static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered) => filter switch
    {
        0 => Apply<None>(row, above, distance, filtered),
        1 => Apply<Sub>(row, above, distance, filtered),
        2 => Apply<Up>(row, above, distance, filtered),
        3 => Apply<Average>(row, above, distance, filtered),
        _ => Apply<Paeth>(row, above, distance, filtered),
    };

    private static long Apply<T>(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered)
        where T : struct, IPredictor
    {
        int count = filtered.Length;
        ReadOnlySpan<byte> x = row.Slice(Margin, count);
        ReadOnlySpan<byte> a = row.Slice(Margin - distance, count);
        ReadOnlySpan<byte> b = above.Slice(Margin, count);
        ReadOnlySpan<byte> c = above.Slice(Margin - distance, count);
        Vector128<uint> sums = Vector128<uint>.Zero;
        int i = 0;
        for (; i <= count - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            Vector128<byte> difference = Vector128.Create(x[i..]) - T.Predict(Vector128.Create(a[i..]), Vector128.Create(b[i..]), Vector128.Create(c[i..]));
            difference.CopyTo(filtered[i..]);
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Min(difference, Vector128<byte>.Zero - difference));
            (Vector128<uint> sumLow, Vector128<uint> sumHigh) = Vector128.Widen(low + high);
            sums += sumLow + sumHigh;
        }

        long sum = Vector128.Sum(sums);
        for (; i < count; i++)
        {
            byte difference = (byte)(x[i] - T.Predict(a[i], b[i], c[i]));
            filtered[i] = difference;
            sum += Math.Min(difference, 256 - difference);
        }

        return sum;
    }

    private static void UndoUp(ReadOnlySpan<byte> filtered, ReadOnlySpan<byte> above, Span<byte> row)
    {
        Span<byte> x = row.Slice(Margin, filtered.Length);
        ReadOnlySpan<byte> b = above.Slice(Margin, filtered.Length);
        int i = 0;
        for (; i <= x.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128.Create(filtered[i..]) + Vector128.Create(b[i..])).CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
        {
            x[i] = (byte)(filtered[i] + b[i]);
        }
    }

    /// <summary>
    /// Each pixel needs the finished one to its left, so that a pixel is the most that goes at once. Its lanes are loaded and
    /// stored with some of the following pixel's; what is stored there is overwritten by that pixel or falls in the margin.
    /// </summary>
    private static void UndoByPixel<T>(ReadOnlySpan<byte> filtered, ReadOnlySpan<byte> above, int distance, Span<byte> row)
        where T : struct, IPredictor
    {
        int count = filtered.Length - Margin;

        // Whole words are read and written from the first pixel to the last; checked here once and not for each.
        ref byte stored = ref MemoryMarshal.GetReference(filtered);
        ref byte up = ref MemoryMarshal.GetReference(above.Slice(Margin, count + Margin));
        ref byte target = ref MemoryMarshal.GetReference(row.Slice(Margin, count + Margin));
        Vector128<byte> a = Vector128<byte>.Zero;
        Vector128<byte> c = Vector128<byte>.Zero;
        for (int i = 0; i < count; i += distance)
        {
            Vector128<byte> b = LoadPixel(ref up, i);
            a = LoadPixel(ref stored, i) + T.Predict(a, b, c);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), a.AsUInt64().ToScalar());
            c = b;
        }
    }

    /// <summary>
    /// As <see cref="UndoByPixel"/>, in 16 bits, where differences need no comparisons to be taken: what a pixel waits for is short, and it is what counts.
    /// </summary>
    private static void UndoPaeth(ReadOnlySpan<byte> filtered, ReadOnlySpan<byte> above, int distance, Span<byte> row)
    {
        int count = filtered.Length - Margin;
        ref byte stored = ref MemoryMarshal.GetReference(filtered);
        ref byte up = ref MemoryMarshal.GetReference(above.Slice(Margin, count + Margin));
        ref byte target = ref MemoryMarshal.GetReference(row.Slice(Margin, count + Margin));
        Vector128<short> a = Vector128<short>.Zero;
        Vector128<short> c = Vector128<short>.Zero;
        for (int i = 0; i < count; i += distance)
        {
            Vector128<short> b = LoadWidePixel(ref up, i);
            Vector128<short> toB = b - c;
            Vector128<short> toA = a - c;
            Vector128<short> pa = Vector128.Abs(toB);
            Vector128<short> pb = Vector128.Abs(toA);
            Vector128<short> pc = Vector128.Abs(toA + toB);
            Vector128<short> bOrC = Vector128.ConditionalSelect(Vector128.GreaterThan(pb, pc), c, b);
            Vector128<short> predicted = Vector128.ConditionalSelect(Vector128.GreaterThan(pa, Vector128.Min(pb, pc)), bOrC, a);

            // The upper bytes are zero in both, and stay so.
            a = (LoadWidePixel(ref stored, i).AsByte() + predicted.AsByte()).AsInt16();
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), Vector128.Narrow(a.AsUInt16(), a.AsUInt16()).AsUInt64().ToScalar());
            c = b;
        }
    }

    private static Vector128<short> LoadWidePixel(ref byte bytes, int at) => Vector128.WidenLower(LoadPixel(ref bytes, at)).AsInt16();

    private static Vector128<byte> LoadPixel(ref byte bytes, int at) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at))).AsByte();

    private readonly struct None : IPredictor
    {
        public static Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) => Vector128<byte>.Zero;

        public static byte Predict(byte a, byte b, byte c) => 0;
    }

    private readonly struct Sub : IPredictor
    {
        public static Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) => a;

        public static byte Predict(byte a, byte b, byte c) => a;
    }

    private readonly struct Up : IPredictor
    {
        public static Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) => b;

        public static byte Predict(byte a, byte b, byte c) => b;
    }

    private readonly struct Average : IPredictor
    {
        // (a + b) / 2 rounded down without a ninth bit: the common bits plus half of the others.
        public static Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c) => (a & b) + ((a ^ b) >>> 1);

        public static byte Predict(byte a, byte b, byte c) => (byte)((a + b) >> 1);
    }

    private readonly struct Paeth : IPredictor
    {
        // Not inlined it would take its vectors through memory, for each pixel.
        // With p = a + b - c, |p - c| is |pa - pb| when a and b lie on different sides of c. Otherwise it is pa + pb and
        // never the smallest, so any large value serves: all of it fits in bytes.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<byte> Predict(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c)
        {
            Vector128<byte> pa = Vector128.Max(b, c) - Vector128.Min(b, c);
            Vector128<byte> pb = Vector128.Max(a, c) - Vector128.Min(a, c);
            Vector128<byte> sameSide = ~(Vector128.LessThan(a, c) ^ Vector128.LessThan(b, c));
            Vector128<byte> pc = (Vector128.Max(pa, pb) - Vector128.Min(pa, pb)) | sameSide;
            Vector128<byte> useA = Vector128.LessThanOrEqual(pa, pb) & Vector128.LessThanOrEqual(pa, pc);
            return Vector128.ConditionalSelect(useA, a, Vector128.ConditionalSelect(Vector128.LessThanOrEqual(pb, pc), b, c));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static byte Predict(byte a, byte b, byte c)
        {
            int pa = Math.Abs(b - c);
            int pb = Math.Abs(a - c);
            int pc = Math.Abs(a + b - c - c);
            return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        }
    }
}
