using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>Sums of runs of elements in double precision, and the linear functions that normalise them.</summary>
internal static unsafe class NormRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>The sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(float* values, long count)
    {
        TVector lower = TOps.BroadcastDouble(0);
        TVector upper = lower;
        long i = 0;
        for (; i <= count - TOps.Lanes; i += TOps.Lanes)
        {
            TVector value = TOps.Load(values + i);
            lower = TOps.AddDouble(lower, TOps.WidenLower(value));
            upper = TOps.AddDouble(upper, TOps.WidenUpper(value));
        }

        double sum = TOps.SumDouble(TOps.AddDouble(lower, upper));
        for (; i < count; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>The sums of some planes that lie behind each other, each times a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Averages(float* values, int plane, int planes, double factor, float* target)
    {
        for (int i = 0; i < planes; i++)
        {
            target[i] = (float)(Sum(values + (nint)i * plane, plane) * factor);
        }
    }

    /// <summary>The sum of (value - mean)^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Squares(float* values, long count, double mean)
    {
        TVector means = TOps.BroadcastDouble(mean);
        TVector lower = TOps.BroadcastDouble(0);
        TVector upper = lower;
        long i = 0;
        for (; i <= count - TOps.Lanes; i += TOps.Lanes)
        {
            TVector value = TOps.Load(values + i);
            TVector low = TOps.SubtractDouble(TOps.WidenLower(value), means);
            TVector high = TOps.SubtractDouble(TOps.WidenUpper(value), means);
            lower = TOps.MultiplyAddDouble(low, low, lower);
            upper = TOps.MultiplyAddDouble(high, high, upper);
        }

        double sum = TOps.SumDouble(TOps.AddDouble(lower, upper));
        for (; i < count; i++)
        {
            sum += (values[i] - mean) * (values[i] - mean);
        }

        return sum;
    }

    /// <summary>Adds the sum of the gradients and that of gradient * (value - mean) to two numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddGradients(float* values, float* gradients, long count, double mean, double* sums)
    {
        TVector means = TOps.BroadcastDouble(mean);
        TVector lower = TOps.BroadcastDouble(0);
        TVector upper = lower;
        TVector lowerProducts = lower;
        TVector upperProducts = lower;
        long i = 0;
        for (; i <= count - TOps.Lanes; i += TOps.Lanes)
        {
            TVector value = TOps.Load(values + i);
            TVector gradient = TOps.Load(gradients + i);
            TVector low = TOps.WidenLower(gradient);
            TVector high = TOps.WidenUpper(gradient);
            lower = TOps.AddDouble(lower, low);
            upper = TOps.AddDouble(upper, high);
            lowerProducts = TOps.MultiplyAddDouble(low, TOps.SubtractDouble(TOps.WidenLower(value), means), lowerProducts);
            upperProducts = TOps.MultiplyAddDouble(high, TOps.SubtractDouble(TOps.WidenUpper(value), means), upperProducts);
        }

        double sum = TOps.SumDouble(TOps.AddDouble(lower, upper));
        double products = TOps.SumDouble(TOps.AddDouble(lowerProducts, upperProducts));
        for (; i < count; i++)
        {
            sum += gradients[i];
            products += gradients[i] * (values[i] - mean);
        }

        sums[0] += sum;
        sums[1] += products;
    }

    /// <summary>target = (value - mean) * scale + bias. May be in place; loads may run a vector past the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* values, float* target, long count, float mean, float scale, float bias)
    {
        TVector means = TOps.Broadcast(mean);
        TVector scales = TOps.Broadcast(scale);
        TVector biases = TOps.Broadcast(bias);
        long i = 0;
        for (; i <= count - TOps.Lanes; i += TOps.Lanes)
        {
            TOps.Store(TOps.MultiplyAdd(TOps.Subtract(TOps.Load(values + i), means), scales, biases), target + i);
        }

        if (i < count)
        {
            TOps.StoreFirst(TOps.MultiplyAdd(TOps.Subtract(TOps.Load(values + i), means), scales, biases), target + i, (int)(count - i));
        }
    }

    /// <summary>target = (gradient - offset - (value - mean) * slope) * scale. May be in place; loads may run a vector past the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NormalizeGradient(float* gradients, float* values, float* target, long count, float mean, float slope, float offset, float scale)
    {
        TVector means = TOps.Broadcast(mean);
        TVector slopes = TOps.Broadcast(-slope);
        TVector offsets = TOps.Broadcast(offset);
        TVector scales = TOps.Broadcast(scale);
        for (long i = 0; i < count; i += TOps.Lanes)
        {
            TVector gradient = TOps.Subtract(TOps.Load(gradients + i), offsets);
            gradient = TOps.MultiplyAdd(TOps.Subtract(TOps.Load(values + i), means), slopes, gradient);
            TOps.StoreUpTo(TOps.Multiply(gradient, scales), target + i, (int)Math.Min(TOps.Lanes, count - i));
        }
    }
}
