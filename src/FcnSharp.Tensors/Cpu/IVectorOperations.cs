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

    /// <summary>Whether the first lanes of a vector are stored as fast as all of them.</summary>
    static abstract bool HasMasks { get; }

    static abstract TVector Load(float* address);

    static abstract void Store(TVector value, float* address);

    /// <summary>Stores the first lanes only and touches nothing behind them.</summary>
    static abstract void StoreFirst(TVector value, float* address, int count);

    /// <summary>Stores a whole vector, or its first lanes where fewer numbers are left.</summary>
    static abstract void StoreUpTo(TVector value, float* address, int left);

    /// <summary>Numbers a stride apart.</summary>
    static abstract TVector LoadSpaced(float* source, nint stride);

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
