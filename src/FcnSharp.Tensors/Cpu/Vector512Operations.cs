using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FcnSharp.Tensors.Cpu;

/// <summary>512-bit vectors of AVX-512.</summary>
internal readonly unsafe struct Vector512Operations : IVectorOperations<Vector512<float>>
{
    public static int Lanes => Vector512<float>.Count;

    public static bool HasMasks => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* address) => Vector512.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* address) => value.Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector512<float> value, float* address, int count) =>
        Avx512F.MaskStore(address, Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle(), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUpTo(Vector512<float> value, float* address, int left)
    {
        if (left >= Lanes)
        {
            value.Store(address);
        }
        else
        {
            StoreFirst(value, address, left);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadSpaced(float* source, nint stride) =>
        Vector512.Create(Vector256Operations.LoadSpaced(source, stride), Vector256Operations.LoadSpaced(source + 8 * stride, stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    // The instruction gives its second operand when one of both is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AtLeast(Vector512<float> value, Vector512<float> limit) => Avx512F.Max(limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> left, Vector512<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SquareRoot(Vector512<float> value) => Vector512.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> value) => Vector512.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> IfGreater(Vector512<float> left, Vector512<float> right, Vector512<float> then, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(left, right), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> IfSameBits(Vector512<float> left, Vector512<float> right, Vector512<float> then, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.Equals(left.AsInt32(), right.AsInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> BroadcastBits(int value) => Vector512.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> RampBits(int step) => (Vector512<int>.Indices * step).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddBits(Vector512<float> left, Vector512<float> right) => (left.AsInt32() + right.AsInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ShiftToExponent(Vector512<float> bits) => (bits.AsInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> RandomBits(ulong key, ulong position)
    {
        Vector512<ulong> z = Vector512.Create(key + position * CounterRandom.Step) + Vector512<ulong>.Indices * CounterRandom.Step;
        z = (z ^ (z >>> 30)) * CounterRandom.FirstFactor;
        z = (z ^ (z >>> 27)) * CounterRandom.SecondFactor;
        return (z ^ (z >>> 31)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> IfNotBelowBits(Vector512<float> left, Vector512<float> right, Vector512<float> then, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(left.AsUInt32(), right.AsUInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Even(Vector512<float> first, Vector512<float> second) =>
        Avx512F.PermuteVar16x32x2(first, Vector512<int>.Indices * 2, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Odd(Vector512<float> first, Vector512<float> second) =>
        Avx512F.PermuteVar16x32x2(first, Vector512<int>.Indices * 2 + Vector512<int>.One, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ZipLower(Vector512<float> even, Vector512<float> odd) =>
        Avx512F.PermuteVar16x32x2(even, Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), odd);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ZipUpper(Vector512<float> even, Vector512<float> odd) =>
        Avx512F.PermuteVar16x32x2(even, Vector512.Create(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), odd);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenLower(Vector512<float> value) => Vector512.WidenLower(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenUpper(Vector512<float> value) => Vector512.WidenUpper(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> BroadcastDouble(double value) => Vector512.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddDouble(Vector512<float> left, Vector512<float> right) => (left.AsDouble() + right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SubtractDouble(Vector512<float> left, Vector512<float> right) => (left.AsDouble() - right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAddDouble(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), addend.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(Vector512<float> value) => Vector512.Sum(value.AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAround(Vector512<float> value, float* address) => value.StoreAlignedNonTemporal(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    // Pairs, then fours, then quarters of vectors: 16 vectors in registers, 64 shuffles.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Quad(source, sourceStride, out Vector512<float> a0, out Vector512<float> a1, out Vector512<float> a2, out Vector512<float> a3);
        Quad(source + 4 * sourceStride, sourceStride, out Vector512<float> b0, out Vector512<float> b1, out Vector512<float> b2, out Vector512<float> b3);
        Quad(source + 8 * sourceStride, sourceStride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3);
        Quad(source + 12 * sourceStride, sourceStride, out Vector512<float> d0, out Vector512<float> d1, out Vector512<float> d2, out Vector512<float> d3);
        Columns(a0, b0, c0, d0, target, 4 * targetStride);
        Columns(a1, b1, c1, d1, target + targetStride, 4 * targetStride);
        Columns(a2, b2, c2, d2, target + 2 * targetStride, 4 * targetStride);
        Columns(a3, b3, c3, d3, target + 3 * targetStride, 4 * targetStride);
    }

    /// <summary>Four rows; vector j of the result holds, in each quarter q, column 4 q + j of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(float* source, nint stride, out Vector512<float> v0, out Vector512<float> v1, out Vector512<float> v2, out Vector512<float> v3)
    {
        Vector512<float> r0 = Vector512.Load(source);
        Vector512<float> r1 = Vector512.Load(source + stride);
        Vector512<float> r2 = Vector512.Load(source + 2 * stride);
        Vector512<float> r3 = Vector512.Load(source + 3 * stride);
        Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
        Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
        Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
        Vector512<double> high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
        v0 = Avx512F.UnpackLow(low01, low23).AsSingle();
        v1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
        v2 = Avx512F.UnpackLow(high01, high23).AsSingle();
        v3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>Quarters [q] of four vectors, put together as column q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* target, nint stride)
    {
        Vector512<float> low0 = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00);
        Vector512<float> low1 = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00);
        Vector512<float> high0 = Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        Vector512<float> high1 = Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        Avx512F.Shuffle4x128(low0, low1, 0b10_00_10_00).Store(target);
        Avx512F.Shuffle4x128(low0, low1, 0b11_01_11_01).Store(target + stride);
        Avx512F.Shuffle4x128(high0, high1, 0b10_00_10_00).Store(target + 2 * stride);
        Avx512F.Shuffle4x128(high0, high1, 0b11_01_11_01).Store(target + 3 * stride);
    }
}
