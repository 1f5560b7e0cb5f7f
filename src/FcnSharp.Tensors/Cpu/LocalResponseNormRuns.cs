using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// One channel's run of pixels of a local response normalisation. Loads may run a vector past the end; what they find there
/// goes nowhere.
/// </summary>
internal static unsafe class LocalResponseNormRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>y = x / s^beta with s = k + factor * sum of squares.</summary>
    /// <param name="x">The channel's pixels.</param>
    /// <param name="window">The same pixels of the first channel of the window.</param>
    /// <param name="plane">Floats from a channel to the next.</param>
    /// <param name="channels">Channels of the window.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="numbers">k, factor and beta.</param>
    /// <param name="y">The output.</param>
    /// <param name="scale">Where to keep s; null for nowhere.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* x, float* window, nint plane, int channels, int count, LocalResponseNormNumbers numbers, float* y, float* scale)
    {
        TVector factor = TOps.Broadcast(numbers.Factor);
        TVector k = TOps.Broadcast(numbers.K);
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TVector squares = TOps.Broadcast(0);
            float* from = window + i;
            for (int c = channels; c > 0; c--, from += plane)
            {
                TVector value = TOps.Load(from);
                squares = TOps.MultiplyAdd(value, value, squares);
            }

            TVector s = TOps.MultiplyAdd(factor, squares, k);
            TOps.StoreUpTo(TOps.Divide(TOps.Load(x + i), Power(s, numbers.Beta)), y + i, count - i);
            if (scale != null)
            {
                TOps.StoreUpTo(s, scale + i, count - i);
            }
        }
    }

    /// <summary>The channel's own part of the gradient, gradient / s^beta, and its term of the sums, gradient * y / s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Terms(float* gradient, float* y, float* scale, int count, float beta, float* terms, float* own)
    {
        TVector one = TOps.Broadcast(1);
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TVector g = TOps.Load(gradient + i);
            TVector s = TOps.Load(scale + i);
            TVector inverse = TOps.Multiply(g, TOps.Divide(one, s));
            TOps.Store(TOps.Multiply(inverse, TOps.Load(y + i)), terms + i);

            // s^-0.75 is s^0.25 / s: a division less.
            TVector direct = beta switch
            {
                0.75f => TOps.Multiply(inverse, TOps.SquareRoot(TOps.SquareRoot(s))),
                0.5f => TOps.Multiply(inverse, TOps.SquareRoot(s)),
                1 => inverse,
                _ => TOps.Divide(g, Power(s, beta)),
            };
            TOps.StoreUpTo(direct, own + i, count - i);
        }
    }

    /// <summary>result -= factor * x * the sum of the window's terms.</summary>
    /// <param name="x">The channel's pixels.</param>
    /// <param name="terms">Rows of terms, a ring of channels.</param>
    /// <param name="pitch">Floats between two rows.</param>
    /// <param name="rows">Rows of the ring.</param>
    /// <param name="first">Row of the first channel of the window.</param>
    /// <param name="channels">Channels of the window.</param>
    /// <param name="count">Number of pixels.</param>
    /// <param name="factor">2 alpha beta / size.</param>
    /// <param name="result">The gradient, with the channel's own part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractTerms(float* x, float* terms, int pitch, int rows, int first, int channels, int count, float factor, float* result)
    {
        TVector minus = TOps.Broadcast(-factor);
        int before = Math.Min(channels, rows - first);
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            TVector sum = TOps.Broadcast(0);
            float* from = terms + (nint)first * pitch + i;
            for (int c = before; c > 0; c--, from += pitch)
            {
                sum = TOps.Add(sum, TOps.Load(from));
            }

            from = terms + i;
            for (int c = channels - before; c > 0; c--, from += pitch)
            {
                sum = TOps.Add(sum, TOps.Load(from));
            }

            sum = TOps.MultiplyAdd(TOps.Multiply(minus, TOps.Load(x + i)), sum, TOps.Load(result + i));
            TOps.StoreUpTo(sum, result + i, count - i);
        }
    }

    /// <summary>s^beta. The exponents in use need square roots only; the runtime's pow, a number at a time, serves the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Power(TVector s, float beta)
    {
        if (beta == 0.75f)
        {
            TVector root = TOps.SquareRoot(s);
            return TOps.Multiply(root, TOps.SquareRoot(root));
        }

        return beta == 0.5f ? TOps.SquareRoot(s) : beta == 1 ? s : AnyPower(s, beta);
    }

    private static TVector AnyPower(TVector s, float beta)
    {
        float* numbers = stackalloc float[TOps.Lanes];
        TOps.Store(s, numbers);
        for (int i = 0; i < TOps.Lanes; i++)
        {
            numbers[i] = MathF.Pow(numbers[i], beta);
        }

        return TOps.Load(numbers);
    }
}

/// <summary>The numbers of a local response normalisation as its kernels use them: s = K + Factor * sum of squares, and the exponent.</summary>
internal readonly record struct LocalResponseNormNumbers(float K, float Factor, float Beta);
