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
    /// Error of minimal filtering, derived as that of <see cref="SumOfProducts"/>: a term passes twice through each of the three
    /// transforms, and a pass rounds it once a coefficient at most, once as a product, and once because of its coefficient.
    /// The bound is rigorous and loose: 2e-3 to 0.3 of the results' root mean square over the tests' shapes, of which kernels
    /// use a hundredth at most. It fails for every coefficient of the wrong sign, and of those that are off by a hundredth for all of
    /// F(4x4,3x3) and for most of the others; <see cref="Winograd"/> is there for the rest.
    /// </summary>
    /// <param name="count">Products in the sum at a point, at most.</param>
    /// <param name="transforms">The transforms that the kernel applies.</param>
    /// <param name="absoluteSum">What <see cref="TestKit.MinimalFiltering.Absolute"/> of them gives for absolute data.</param>
    public static double MinimalFiltering(long count, MinimalFiltering transforms, double absoluteSum)
    {
        ArgumentNullException.ThrowIfNull(transforms);
        int coefficients = 2 * (transforms.KernelMatrix.GetLength(1) + 2) + 2 * 2 * (transforms.InputMatrix.GetLength(1) + 2);
        return Gamma(count + ExtraRoundings + coefficients) * absoluteSum;
    }

    /// <summary>
    /// Error of minimal filtering, relative to the root mean square of the result. Fitted, because the derived bound of
    /// <see cref="MinimalFiltering"/> lets small defects pass. The largest that was measured is 1.1e-4, in a
    /// weight gradient of 7x7 with 512 channels; forward and data gradients of up to 600 channels stay below 6e-5. A single coefficient of any
    /// transform that is off by a hundredth makes 6e-4 and more, one of the wrong sign 0.2 and more.
    /// </summary>
    public const double Winograd = 3e-4;

    private static double Gamma(long roundings) => roundings * UnitRoundoff / (1 - roundings * UnitRoundoff);
}
