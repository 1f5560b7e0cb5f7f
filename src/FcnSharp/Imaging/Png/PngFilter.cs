using System.Numerics;

namespace FcnSharp.Imaging;

/// <summary>
/// The five filters of PNG rows (specification, chapter 9): a byte is stored as its difference, modulo 256, to a prediction
/// from a (the byte one pixel to the left), b (above) and c (above a). Rows are handed over with
/// <see cref="Margin"/> zero bytes in front, which stand for the pixels left of the picture.
/// </summary>
internal static class PngFilter
{
    /// <summary>Zero bytes in front of each row: the largest distance to the pixel before (four samples of 16 bits).</summary>
    public const int Margin = 8;

    /// <summary>How many filters there are; their numbers in the file run from 0.</summary>
    public const int Count = 5;

    private interface IPredictor
    {
        static abstract Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c);

        static abstract byte Predict(byte a, byte b, byte c);
    }

    /// <summary>Turns a filtered row into samples, in place.</summary>
    /// <param name="filter">0 None, 1 Sub, 2 Up, 3 Average, 4 Paeth.</param>
    /// <param name="row">The row, with its margin.</param>
    /// <param name="above">The finished row above, with its margin; zeros for the first row of a pass.</param>
    /// <param name="distance">Bytes to the pixel before.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        switch (filter)
        {
            case 1:
                UndoSub(row, distance);
                break;
            case 2:
                UndoUp(row, above);
                break;
            case 3:
                UndoSerial<Average>(row, above, distance);
                break;
            case 4:
                UndoSerial<Paeth>(row, above, distance);
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
        Vector<uint> sums = Vector<uint>.Zero;
        int i = 0;
        for (; i <= count - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector<byte> difference = new Vector<byte>(x[i..]) - T.Predict(new Vector<byte>(a[i..]), new Vector<byte>(b[i..]), new Vector<byte>(c[i..]));
            difference.CopyTo(filtered[i..]);
            Vector.Widen(Vector.Min(difference, Vector<byte>.Zero - difference), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low + high, out Vector<uint> sumLow, out Vector<uint> sumHigh);
            sums += sumLow + sumHigh;
        }

        long sum = Vector.Sum(sums);
        for (; i < count; i++)
        {
            byte difference = (byte)(x[i] - T.Predict(a[i], b[i], c[i]));
            filtered[i] = difference;
            sum += Math.Min(difference, 256 - difference);
        }

        return sum;
    }

    private static void UndoSub(Span<byte> row, int distance)
    {
        for (int i = Margin; i < row.Length; i++)
        {
            row[i] += row[i - distance];
        }
    }

    private static void UndoUp(Span<byte> row, ReadOnlySpan<byte> above)
    {
        int i = Margin;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(row[i..]) + new Vector<byte>(above[i..])).CopyTo(row[i..]);
        }

        for (; i < row.Length; i++)
        {
            row[i] += above[i];
        }
    }

    private static void UndoSerial<T>(Span<byte> row, ReadOnlySpan<byte> above, int distance)
        where T : struct, IPredictor
    {
        Span<byte> x = row[Margin..];
        Span<byte> a = row.Slice(Margin - distance, x.Length);
        ReadOnlySpan<byte> b = above.Slice(Margin, x.Length);
        ReadOnlySpan<byte> c = above.Slice(Margin - distance, x.Length);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += T.Predict(a[i], b[i], c[i]);
        }
    }

    private readonly struct None : IPredictor
    {
        public static Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c) => Vector<byte>.Zero;

        public static byte Predict(byte a, byte b, byte c) => 0;
    }

    private readonly struct Sub : IPredictor
    {
        public static Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c) => a;

        public static byte Predict(byte a, byte b, byte c) => a;
    }

    private readonly struct Up : IPredictor
    {
        public static Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c) => b;

        public static byte Predict(byte a, byte b, byte c) => b;
    }

    private readonly struct Average : IPredictor
    {
        // (a + b) / 2 rounded down without a ninth bit: the common bits plus half of the others.
        public static Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c) => (a & b) + ((a ^ b) >>> 1);

        public static byte Predict(byte a, byte b, byte c) => (byte)((a + b) >> 1);
    }

    private readonly struct Paeth : IPredictor
    {
        // With p = a + b - c, |p - c| is |pa - pb| when a and b lie on different sides of c. Otherwise it is pa + pb and
        // never the smallest, so any large value serves: all of it fits in bytes.
        public static Vector<byte> Predict(Vector<byte> a, Vector<byte> b, Vector<byte> c)
        {
            Vector<byte> pa = Vector.Max(b, c) - Vector.Min(b, c);
            Vector<byte> pb = Vector.Max(a, c) - Vector.Min(a, c);
            Vector<byte> sameSide = ~(Vector.LessThan(a, c) ^ Vector.LessThan(b, c));
            Vector<byte> pc = (Vector.Max(pa, pb) - Vector.Min(pa, pb)) | sameSide;
            Vector<byte> useA = Vector.LessThanOrEqual(pa, pb) & Vector.LessThanOrEqual(pa, pc);
            return Vector.ConditionalSelect(useA, a, Vector.ConditionalSelect(Vector.LessThanOrEqual(pb, pc), b, c));
        }

        public static byte Predict(byte a, byte b, byte c)
        {
            int pa = Math.Abs(b - c);
            int pb = Math.Abs(a - c);
            int pc = Math.Abs(a + b - c - c);
            return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        }
    }
}
