using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FcnSharp.Tensors.Cpu;

/// <summary>128-bit vectors, which every machine has.</summary>
internal readonly unsafe struct Vector128Operations : IVectorOperations<Vector128<float>>
{
    public static int Lanes => Vector128<float>.Count;

    public static bool HasMasks => false;

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
    public static Vector128<float> LoadSpaced(float* source, nint stride) =>
        Vector128.Create(source[0], source[stride], source[2 * stride], source[3 * stride]);

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
