using System.Runtime.CompilerServices;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// Functions of the scores of a run of pixels: the scores of a class lie side by side, those of the next class a plane
/// further on. Four vectors of pixels go through all classes at a time: their scores come from memory once and are in the
/// nearest cache when they are looked at again. Loads may run four vectors past the end of a run; what they find there goes nowhere.
/// </summary>
internal static unsafe class PixelRuns<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Terms below it become 0: later products with them would be denormal numbers.</summary>
    private const float Negligible = 1e-20f;

    /// <summary>The smallest float that is not denormal; what is below becomes 0.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>The class of the largest score, the first of equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ArgMax(float* scores, nint plane, int classes, int count, int* target)
    {
        for (int i = 0; i < count; i += 4 * TOps.Lanes)
        {
            Group winner = Winner(scores + i, plane, classes, out _);
            winner.Store((float*)target + i, count - i);
        }
    }

    /// <summary>The class of the largest score, the first of equals, and its softmax probability.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Classify(float* scores, nint plane, int classes, int count, int* target, float* confidence)
    {
        for (int i = 0; i < count; i += 4 * TOps.Lanes)
        {
            Group winner = Winner(scores + i, plane, classes, out Group largest);
            Group sum = SumOfExp(scores + i, plane, classes, largest);
            winner.Store((float*)target + i, count - i);
            Group.Ratio(TOps.Broadcast(1), sum).Store(confidence + i, count - i);
        }
    }

    /// <summary>The largest score and the sum of exp(score - largest).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(float* scores, nint plane, int classes, int count, float* largest, float* sum)
    {
        for (int i = 0; i < count; i += 4 * TOps.Lanes)
        {
            Group max = Largest(scores + i, plane, classes);
            SumOfExp(scores + i, plane, classes, max).Store(sum + i, count - i);
            max.Store(largest + i, count - i);
        }
    }

    /// <summary>The softmax; may write over the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, nint plane, int classes, int count, float* probabilities)
    {
        for (int i = 0; i < count; i += 4 * TOps.Lanes)
        {
            Group sum = StoreExp(scores + i, plane, classes, probabilities + i, count - i);
            Scale(probabilities + i, plane, classes, Group.Ratio(TOps.Broadcast(1), sum), count - i);
        }
    }

    /// <summary>The softmax times a factor of each pixel, less this factor for the pixel's label; may write over the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LossGradient(float* scores, nint plane, int classes, int count, int* labels, float* factors, float* gradient)
    {
        for (int i = 0; i < count; i += 4 * TOps.Lanes)
        {
            Group sum = StoreExp(scores + i, plane, classes, gradient + i, count - i);
            Scale(gradient + i, plane, classes, Group.Ratio(Group.Load(factors + i), sum), count - i);
            int end = Math.Min(count, i + 4 * TOps.Lanes);
            for (int pixel = i; pixel < end; pixel++)
            {
                if ((uint)labels[pixel] < (uint)classes)
                {
                    gradient[labels[pixel] * plane + pixel] -= factors[pixel];
                }
            }
        }
    }

    /// <summary>p * (gradient - sum of p * gradient); may write over the gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxGradient(float* p, float* gradient, nint plane, int classes, int count, float* output)
    {
        for (int i = 0; i < count; i += TOps.Lanes)
        {
            // The pixel's sum is complete before the first of its gradients is written over.
            TVector dot = TOps.Broadcast(0);
            nint end = i + classes * plane;
            for (nint at = i; at < end; at += plane)
            {
                dot = TOps.MultiplyAdd(TOps.Load(p + at), TOps.Load(gradient + at), dot);
            }

            for (nint at = i; at < end; at += plane)
            {
                TVector g = TOps.Multiply(TOps.Load(p + at), TOps.Subtract(TOps.Load(gradient + at), dot));
                g = TOps.IfGreater(TOps.Broadcast(SmallestNormal), TOps.Abs(g), TOps.Broadcast(0), g);
                TOps.StoreUpTo(g, output + at, count - i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Group Winner(float* scores, nint plane, int classes, out Group largest)
    {
        Group best = Group.Load(scores);
        Group winner = Group.Of(TOps.BroadcastBits(0));
        for (int c = 1; c < classes; c++)
        {
            float* at = scores + c * plane;
            TVector code = TOps.BroadcastBits(c);
            Challenge(at, code, ref best.A, ref winner.A);
            Challenge(at + TOps.Lanes, code, ref best.B, ref winner.B);
            Challenge(at + 2 * TOps.Lanes, code, ref best.C, ref winner.C);
            Challenge(at + 3 * TOps.Lanes, code, ref best.D, ref winner.D);
        }

        largest = best;
        return winner;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Challenge(float* at, TVector code, ref TVector best, ref TVector winner)
    {
        TVector score = TOps.Load(at);
        winner = TOps.IfGreater(score, best, code, winner);
        best = TOps.AtLeast(best, score);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Group Largest(float* scores, nint plane, int classes)
    {
        Group best = Group.Load(scores);
        for (int c = 1; c < classes; c++)
        {
            float* at = scores + c * plane;
            best.A = TOps.AtLeast(best.A, TOps.Load(at));
            best.B = TOps.AtLeast(best.B, TOps.Load(at + TOps.Lanes));
            best.C = TOps.AtLeast(best.C, TOps.Load(at + 2 * TOps.Lanes));
            best.D = TOps.AtLeast(best.D, TOps.Load(at + 3 * TOps.Lanes));
        }

        return best;
    }

    /// <summary>Meanwhile the next group is asked for: this is the part that computes longest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Group SumOfExp(float* scores, nint plane, int classes, Group largest)
    {
        Group sum = Group.Of(TOps.Broadcast(0));
        for (int c = 0; c < classes; c++)
        {
            float* at = scores + c * plane;
            Ahead(at);
            sum.A = TOps.Add(sum.A, Term(at, largest.A));
            sum.B = TOps.Add(sum.B, Term(at + TOps.Lanes, largest.B));
            sum.C = TOps.Add(sum.C, Term(at + 2 * TOps.Lanes, largest.C));
            sum.D = TOps.Add(sum.D, Term(at + 3 * TOps.Lanes, largest.D));
        }

        return sum;
    }

    /// <summary>Stores exp(score - largest), negligible ones as 0, and returns the sum of all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Group StoreExp(float* scores, nint plane, int classes, float* target, int count)
    {
        Group largest = Largest(scores, plane, classes);
        Group sum = Group.Of(TOps.Broadcast(0));
        for (int c = 0; c < classes; c++)
        {
            float* at = scores + c * plane;
            Ahead(at);
            Group e;
            e.A = Term(at, largest.A);
            e.B = Term(at + TOps.Lanes, largest.B);
            e.C = Term(at + 2 * TOps.Lanes, largest.C);
            e.D = Term(at + 3 * TOps.Lanes, largest.D);
            sum.A = TOps.Add(sum.A, e.A);
            sum.B = TOps.Add(sum.B, e.B);
            sum.C = TOps.Add(sum.C, e.C);
            sum.D = TOps.Add(sum.D, e.D);
            e.A = Weighty(e.A);
            e.B = Weighty(e.B);
            e.C = Weighty(e.C);
            e.D = Weighty(e.D);
            e.Store(target + c * plane, count);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(float* values, nint plane, int classes, Group factor, int count)
    {
        for (int c = 0; c < classes; c++)
        {
            Group value = Group.Load(values + c * plane);
            value.A = TOps.Multiply(value.A, factor.A);
            value.B = TOps.Multiply(value.B, factor.B);
            value.C = TOps.Multiply(value.C, factor.C);
            value.D = TOps.Multiply(value.D, factor.D);
            value.Store(values + c * plane, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Term(float* at, TVector largest) => VectorExp<TOps, TVector>.Of(TOps.Subtract(TOps.Load(at), largest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Weighty(TVector e) => TOps.IfGreater(TOps.Broadcast(Negligible), e, TOps.Broadcast(0), e);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ahead(float* at)
    {
        const int Line = 16;
        for (int i = 0; i < 4 * TOps.Lanes; i += Line)
        {
            TOps.Prefetch(at + 4 * TOps.Lanes + i);
        }
    }

    /// <summary>Four vectors of pixels.</summary>
    private struct Group
    {
        public TVector A;
        public TVector B;
        public TVector C;
        public TVector D;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Group Of(TVector value)
        {
            Group group;
            group.A = group.B = group.C = group.D = value;
            return group;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Group Load(float* address)
        {
            Group group;
            group.A = TOps.Load(address);
            group.B = TOps.Load(address + TOps.Lanes);
            group.C = TOps.Load(address + 2 * TOps.Lanes);
            group.D = TOps.Load(address + 3 * TOps.Lanes);
            return group;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Group Ratio(TVector left, Group right) => Ratio(Of(left), right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Group Ratio(Group left, Group right)
        {
            left.A = TOps.Divide(left.A, right.A);
            left.B = TOps.Divide(left.B, right.B);
            left.C = TOps.Divide(left.C, right.C);
            left.D = TOps.Divide(left.D, right.D);
            return left;
        }

        /// <summary>Stores the first numbers; at least one, at most all.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(float* address, int count)
        {
            if (count >= 4 * TOps.Lanes)
            {
                TOps.Store(A, address);
                TOps.Store(B, address + TOps.Lanes);
                TOps.Store(C, address + 2 * TOps.Lanes);
                TOps.Store(D, address + 3 * TOps.Lanes);
                return;
            }

            StoreIfAny(A, address, count);
            StoreIfAny(B, address + TOps.Lanes, count - TOps.Lanes);
            StoreIfAny(C, address + 2 * TOps.Lanes, count - 2 * TOps.Lanes);
            StoreIfAny(D, address + 3 * TOps.Lanes, count - 3 * TOps.Lanes);
        }

        private static void StoreIfAny(TVector value, float* address, int count)
        {
            if (count > 0)
            {
                TOps.StoreUpTo(value, address, count);
            }
        }
    }
}
