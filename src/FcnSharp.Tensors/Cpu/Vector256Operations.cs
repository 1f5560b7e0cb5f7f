using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FcnSharp.Tensors.Cpu;

/// <summary>256-bit vectors of AVX2 with fused multiply-add.</summary>
internal readonly unsafe struct Vector256Operations : IVectorOperations<Vector256<float>>
{
    public static int Lanes => Vector256<float>.Count;

    public static bool HasMasks => false;

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
    public static Vector256<float> LoadSpaced(float* source, nint stride) =>
        Vector256.Create(source[0], source[stride], source[2 * stride], source[3 * stride], source[4 * stride], source[5 * stride], source[6 * stride], source[7 * stride]);

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
