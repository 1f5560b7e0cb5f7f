using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The few vector operations that the inner kernels are written in, so that one source serves every vector width. The
/// implementations are structs: the JIT compiles each kernel once per width, with everything inlined.
/// </summary>
/// <typeparam name="TVector">The hardware vector.</typeparam>
internal unsafe interface IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Load(float* address);

    static abstract void Store(TVector value, float* address);

    /// <summary>Stores the first lanes only and touches nothing behind them.</summary>
    static abstract void StoreFirst(TVector value, float* address, int count);

    /// <summary>Stores a whole vector, or its first lanes where fewer numbers are left.</summary>
    static abstract void StoreUpTo(TVector value, float* address, int left);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>left * right + addend; fused where the hardware can.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The larger of two; value where it is NaN.</summary>
    static abstract TVector AtLeast(TVector value, TVector limit);

    static abstract TVector Divide(TVector left, TVector right);

    static abstract TVector SquareRoot(TVector value);

    static abstract TVector Abs(TVector value);

    /// <summary>then where left is greater than right, else otherwise, also where one is NaN.</summary>
    static abstract TVector IfGreater(TVector left, TVector right, TVector then, TVector otherwise);

    /// <summary>then where the bits are equal, else otherwise.</summary>
    static abstract TVector IfSameBits(TVector left, TVector right, TVector then, TVector otherwise);

    /// <summary>A whole number in every lane; it has the type of a vector of floats, and only bits move.</summary>
    static abstract TVector BroadcastBits(int value);

    /// <summary>Whole numbers: 0, step, 2 * step and so on.</summary>
    static abstract TVector RampBits(int step);

    /// <summary>The sum of whole numbers.</summary>
    static abstract TVector AddBits(TVector left, TVector right);

    /// <summary>Whole numbers moved up into a float's exponent.</summary>
    static abstract TVector ShiftToExponent(TVector bits);

    /// <summary><see cref="CounterRandom.BitsAt"/> of one position after the other, each in two lanes, its lower half first.</summary>
    static abstract TVector RandomBits(ulong key, ulong position);

    /// <summary>then where the left whole number, without a sign, is not below the right one, else otherwise.</summary>
    static abstract TVector IfNotBelowBits(TVector left, TVector right, TVector then, TVector otherwise);

    /// <summary>Lanes 0, 2, 4 and so on of two vectors behind each other.</summary>
    static abstract TVector Even(TVector first, TVector second);

    /// <summary>Lanes 1, 3, 5 and so on of two vectors behind each other.</summary>
    static abstract TVector Odd(TVector first, TVector second);

    /// <summary>The first half of the vectors whose even lanes are the one and whose odd lanes are the other.</summary>
    static abstract TVector ZipLower(TVector even, TVector odd);

    /// <summary>The second half of the vectors whose even lanes are the one and whose odd lanes are the other.</summary>
    static abstract TVector ZipUpper(TVector even, TVector odd);

    /// <summary>The first half of the lanes in double precision; doubles, too, have the type of a vector of floats.</summary>
    static abstract TVector WidenLower(TVector value);

    /// <summary>The second half of the lanes in double precision.</summary>
    static abstract TVector WidenUpper(TVector value);

    static abstract TVector BroadcastDouble(double value);

    static abstract TVector AddDouble(TVector left, TVector right);

    static abstract TVector SubtractDouble(TVector left, TVector right);

    /// <summary>left * right + addend in double precision; fused where the hardware can.</summary>
    static abstract TVector MultiplyAddDouble(TVector left, TVector right, TVector addend);

    static abstract double SumDouble(TVector value);

    /// <summary>Stores past the caches to an aligned address: for results that do not fit into them.</summary>
    static abstract void StoreAround(TVector value, float* address);

    /// <summary>Asks for a cache line that will be read soon; nothing where that cannot be asked for.</summary>
    static abstract void Prefetch(float* address);

    static abstract float Sum(TVector value);

    /// <summary>target[j][i] = source[i][j] for a square of one vector's lanes; strides in floats.</summary>
    static abstract void Transpose(float* source, nint sourceStride, float* target, nint targetStride);
}

internal readonly unsafe struct Vector512Operations : IVectorOperations<Vector512<float>>
{
    public static int Lanes => Vector512<float>.Count;

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

internal readonly unsafe struct Vector256Operations : IVectorOperations<Vector256<float>>
{
    public static int Lanes => Vector256<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* address) => Vector256.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* address) => value.Store(address);

    // By scalars: a masked store of 256 bits takes longer on some processors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector256<float> value, float* address, int count)
    {
        for (int i = 0; i < count; i++)
        {
            address[i] = value.GetElement(i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUpTo(Vector256<float> value, float* address, int left)
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
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AtLeast(Vector256<float> value, Vector256<float> limit) => Avx.Max(limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> left, Vector256<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SquareRoot(Vector256<float> value) => Vector256.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> value) => Vector256.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> IfGreater(Vector256<float> left, Vector256<float> right, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(left, right), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> IfSameBits(Vector256<float> left, Vector256<float> right, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.Equals(left.AsInt32(), right.AsInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> BroadcastBits(int value) => Vector256.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> RampBits(int step) => (Vector256<int>.Indices * step).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddBits(Vector256<float> left, Vector256<float> right) => (left.AsInt32() + right.AsInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ShiftToExponent(Vector256<float> bits) => (bits.AsInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> RandomBits(ulong key, ulong position)
    {
        Vector256<ulong> z = Vector256.Create(key + position * CounterRandom.Step) + Vector256<ulong>.Indices * CounterRandom.Step;
        z = (z ^ (z >>> 30)) * CounterRandom.FirstFactor;
        z = (z ^ (z >>> 27)) * CounterRandom.SecondFactor;
        return (z ^ (z >>> 31)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> IfNotBelowBits(Vector256<float> left, Vector256<float> right, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(left.AsUInt32(), right.AsUInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Even(Vector256<float> first, Vector256<float> second) =>
        Avx2.Permute4x64(Avx.Shuffle(first, second, 0b10_00_10_00).AsDouble(), 0b11_01_10_00).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Odd(Vector256<float> first, Vector256<float> second) =>
        Avx2.Permute4x64(Avx.Shuffle(first, second, 0b11_01_11_01).AsDouble(), 0b11_01_10_00).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ZipLower(Vector256<float> even, Vector256<float> odd) =>
        Avx.Permute2x128(Avx.UnpackLow(even, odd), Avx.UnpackHigh(even, odd), 0b0010_0000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ZipUpper(Vector256<float> even, Vector256<float> odd) =>
        Avx.Permute2x128(Avx.UnpackLow(even, odd), Avx.UnpackHigh(even, odd), 0b0011_0001);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenLower(Vector256<float> value) => Vector256.WidenLower(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenUpper(Vector256<float> value) => Vector256.WidenUpper(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> BroadcastDouble(double value) => Vector256.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddDouble(Vector256<float> left, Vector256<float> right) => (left.AsDouble() + right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SubtractDouble(Vector256<float> left, Vector256<float> right) => (left.AsDouble() - right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAddDouble(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), addend.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(Vector256<float> value) => Vector256.Sum(value.AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAround(Vector256<float> value, float* address) => value.StoreAlignedNonTemporal(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address) => Sse.Prefetch0(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Quad(source, sourceStride, out Vector256<float> a0, out Vector256<float> a1, out Vector256<float> a2, out Vector256<float> a3);
        Quad(source + 4 * sourceStride, sourceStride, out Vector256<float> b0, out Vector256<float> b1, out Vector256<float> b2, out Vector256<float> b3);
        Columns(a0, b0, target, 4 * targetStride);
        Columns(a1, b1, target + targetStride, 4 * targetStride);
        Columns(a2, b2, target + 2 * targetStride, 4 * targetStride);
        Columns(a3, b3, target + 3 * targetStride, 4 * targetStride);
    }

    /// <summary>Four rows; vector j of the result holds, in each half h, column 4 h + j of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(float* source, nint stride, out Vector256<float> v0, out Vector256<float> v1, out Vector256<float> v2, out Vector256<float> v3)
    {
        Vector256<float> r0 = Vector256.Load(source);
        Vector256<float> r1 = Vector256.Load(source + stride);
        Vector256<float> r2 = Vector256.Load(source + 2 * stride);
        Vector256<float> r3 = Vector256.Load(source + 3 * stride);
        Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble();
        Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble();
        Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble();
        Vector256<double> high23 = Avx.UnpackHigh(r2, r3).AsDouble();
        v0 = Avx.UnpackLow(low01, low23).AsSingle();
        v1 = Avx.UnpackHigh(low01, low23).AsSingle();
        v2 = Avx.UnpackLow(high01, high23).AsSingle();
        v3 = Avx.UnpackHigh(high01, high23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(Vector256<float> a, Vector256<float> b, float* target, nint stride)
    {
        Avx.Permute2x128(a, b, 0b0010_0000).Store(target);
        Avx.Permute2x128(a, b, 0b0011_0001).Store(target + stride);
    }
}

internal readonly unsafe struct Vector128Operations : IVectorOperations<Vector128<float>>
{
    public static int Lanes => Vector128<float>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* address) => Vector128.Load(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* address) => value.Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector128<float> value, float* address, int count)
    {
        for (int i = 0; i < count; i++)
        {
            address[i] = value.GetElement(i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUpTo(Vector128<float> value, float* address, int left)
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
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AtLeast(Vector128<float> value, Vector128<float> limit) =>
        Vector128.ConditionalSelect(Vector128.LessThan(value, limit), limit, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> left, Vector128<float> right) => left / right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SquareRoot(Vector128<float> value) => Vector128.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> value) => Vector128.Abs(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> IfGreater(Vector128<float> left, Vector128<float> right, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(left, right), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> IfSameBits(Vector128<float> left, Vector128<float> right, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.Equals(left.AsInt32(), right.AsInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> BroadcastBits(int value) => Vector128.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> RampBits(int step) => (Vector128<int>.Indices * step).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddBits(Vector128<float> left, Vector128<float> right) => (left.AsInt32() + right.AsInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ShiftToExponent(Vector128<float> bits) => (bits.AsInt32() << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> RandomBits(ulong key, ulong position)
    {
        Vector128<ulong> z = Vector128.Create(key + position * CounterRandom.Step) + Vector128<ulong>.Indices * CounterRandom.Step;
        z = (z ^ (z >>> 30)) * CounterRandom.FirstFactor;
        z = (z ^ (z >>> 27)) * CounterRandom.SecondFactor;
        return (z ^ (z >>> 31)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> IfNotBelowBits(Vector128<float> left, Vector128<float> right, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.GreaterThanOrEqual(left.AsUInt32(), right.AsUInt32()).AsSingle(), then, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Even(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported
            ? Sse.Shuffle(first, second, 0b10_00_10_00)
            : Vector128.Create(first[0], first[2], second[0], second[2]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Odd(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported
            ? Sse.Shuffle(first, second, 0b11_01_11_01)
            : Vector128.Create(first[1], first[3], second[1], second[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipLower(Vector128<float> even, Vector128<float> odd) =>
        Sse.IsSupported
            ? Sse.UnpackLow(even, odd)
            : Vector128.Create(even[0], odd[0], even[1], odd[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipUpper(Vector128<float> even, Vector128<float> odd) =>
        Sse.IsSupported
            ? Sse.UnpackHigh(even, odd)
            : Vector128.Create(even[2], odd[2], even[3], odd[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WidenLower(Vector128<float> value) => Vector128.WidenLower(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WidenUpper(Vector128<float> value) => Vector128.WidenUpper(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> BroadcastDouble(double value) => Vector128.Create(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddDouble(Vector128<float> left, Vector128<float> right) => (left.AsDouble() + right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SubtractDouble(Vector128<float> left, Vector128<float> right) => (left.AsDouble() - right.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAddDouble(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), addend.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(Vector128<float> value) => Vector128.Sum(value.AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAround(Vector128<float> value, float* address) => value.StoreAlignedNonTemporal(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* target, nint targetStride)
    {
        for (int column = 0; column < 4; column++)
        {
            float* from = source + column;
            Vector128.Create(*from, from[sourceStride], from[2 * sourceStride], from[3 * sourceStride]).Store(target + column * targetStride);
        }
    }
}
