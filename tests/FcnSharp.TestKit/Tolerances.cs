namespace FcnSharp.TestKit;

/// <summary>
/// Every bound that tests compare numbers with, and where it comes from. Assert <c>error &lt;= bound</c>: then NaN fails.
/// u = 2^-24 is the unit roundoff of float: one rounded operation gives exact * (1 + d) with |d| &lt;= u.
/// </summary>
public static class Tolerances
{
    /// <summary>Unit roundoff of a 32-bit float: half the distance from 1 to its successor.</summary>
    public const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>
    /// Additions beyond one per product that a term of a sum of products can pass through: the lanes of a vector summed at the
    /// end (at most 4 for 16 lanes), blocks of pixels and parts of a weight gradient (at most 16), the bias, the value a
    /// gradient is added to, and the rounding of the oracle's double result to float.
    /// </summary>
    private const int ExtraRoundings = 24;

    /// <summary>
    /// Error of a sum of products in any order, with or without fused multiply-add: each product passes through at most
    /// n = count + extra roundings, so |computed - exact| &lt;= gamma_n * sum |a||b| with gamma_n = n u / (1 - n u)
    /// (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). No constant is fitted to what kernels do.
    /// </summary>
    /// <param name="count">Products in the sum, at most.</param>
    /// <param name="absoluteSum">The sum of the products' absolute values.</param>
    public static double SumOfProducts(long count, double absoluteSum) => Gamma(count + ExtraRoundings) * absoluteSum;

    /// <summary>
    /// Error of a softmax probability, or of its gradient, from float logits: the exponent's difference is one rounding of a
    /// number of at most <paramref name="spread"/>, exp turns that absolute error into a relative one and adds about 2 ulp of its own,
    /// the sum over the classes adds one rounding a class, division and scaling two: relative to a probability of at most 1.
    /// </summary>
    /// <param name="classes">Terms in the softmax's sum.</param>
    /// <param name="spread">Largest difference of two logits of a pixel.</param>
    /// <param name="scale">Factor of the gradient.</param>
    public static double Softmax(int classes, double spread, double scale) => Gamma(classes + (long)(2 * Math.Min(spread, 80)) + 8) * 2 * scale;

    /// <summary>
    /// Error of the mean loss of pixels whose losses are at most <paramref name="largest"/>: log of a sum with relative error
    /// gamma has absolute error gamma; partial sums are double, and the result is rounded to float once on each side.
    /// </summary>
    /// <param name="classes">Terms in the softmax's sum.</param>
    /// <param name="spread">Largest difference of two logits of a pixel.</param>
    /// <param name="loss">The exact loss.</param>
    /// <param name="pixels">Pixels that are summed; 1 for the mean.</param>
    public static double Loss(int classes, double spread, double loss, double pixels) =>
        Gamma(classes + (long)(2 * Math.Min(spread, 80)) + 8) * pixels + 2 * UnitRoundoff * Math.Abs(loss);

    /// <summary>Error after a chain of roundings of a value of the given size, such as an elementwise update.</summary>
    public static double Roundings(int count, double size) => Gamma(count) * Math.Abs(size);

    /// <summary>
    /// Error of an inner product in double of vectors that each carry float errors: for comparing two ways of computing the
    /// same bilinear form, each with sums of <paramref name="count"/> float products inside.
    /// </summary>
    public static double BilinearForm(long count, double absoluteSum) => 2 * SumOfProducts(count, absoluteSum);

    /// <summary>
    /// Error of minimal filtering, relative to the root mean square of the result. A bound from the norms of its transforms
    /// would be thousands of times too large to test anything; this is three times the largest that was measured over shapes
    /// up to 600 channels (1e-4), and a thousandth of what a wrong coefficient makes.
    /// </summary>
    public const double Winograd = 3e-4;

    private static double Gamma(long roundings) => roundings * UnitRoundoff / (1 - roundings * UnitRoundoff);
}
