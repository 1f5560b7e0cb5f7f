namespace FcnSharp.Tensors.Cpu;

/// <summary>The kernels on planes and runs of elements of one instruction set.</summary>
internal sealed unsafe class PlaneKernels
{
    private PlaneKernels(int lanes) => Lanes = lanes;

    /// <summary>Floats in a vector.</summary>
    public int Lanes { get; }

    public delegate*<PoolGeometry, float*, float*, float*, int, void> MaxPoolValues { get; private init; }

    public delegate*<PoolGeometry, float*, float*, int*, void> MaxPoolWinners { get; private init; }

    public delegate*<PoolGeometry, float*, int*, float*, void> MaxPoolPairsGradient { get; private init; }

    public delegate*<float*, float*, int, bool, void> Relu { get; private init; }

    public delegate*<float*, float*, float*, int, bool, void> ReluGradient { get; private init; }

    public delegate*<float*, nint, int, int, int, float, float*, void> AverageWindows { get; private init; }

    public delegate*<float*, nint, int, int, float, void> AddToWindow { get; private init; }

    public delegate*<float*, int, int, double, float*, void> Averages { get; private init; }

    public delegate*<nint*, float*, int, nint, int, float*, void> WeightedSum { get; private init; }

    public delegate*<nint*, int, nint, int, float*, void> SumOfTerms { get; private init; }

    public delegate*<float*, float*, int, ulong, ulong, uint, float, void> Dropout { get; private init; }

    public delegate*<float*, long, double> Sum { get; private init; }

    public delegate*<float*, long, double, double> Squares { get; private init; }

    public delegate*<float*, float*, long, double, double*, void> AddGradients { get; private init; }

    public delegate*<float*, float*, long, float, float, float, void> Normalize { get; private init; }

    public delegate*<float*, float*, float*, long, float, float, float, float, void> NormalizeGradient { get; private init; }

    public delegate*<float*, float*, nint, int, int, LocalResponseNormNumbers, float*, float*, void> LocalResponseNorm { get; private init; }

    public delegate*<float*, float*, float*, int, float, float*, float*, void> LocalResponseNormTerms { get; private init; }

    public delegate*<float*, float*, int, int, int, int, int, float, float*, void> SubtractTerms { get; private init; }

    public delegate*<float*, nint, nint*, float*, int, float, float, float*, int, int, void> Convolve { get; private init; }

    public delegate*<float*, nint, nint*, float*, int, float*, nint, int, int, void> AddTaps { get; private init; }

    public delegate*<float*, nint, float*, nint, nint*, int, int, int, float*, void> AddProducts { get; private init; }

    public delegate*<float*, nint, nint, float*, int, int, float*, int, void> SumWindows { get; private init; }

    public delegate*<float*, nint, nint, nint, float*, int, int, float*, int, int, void> AddWindows { get; private init; }

    public delegate*<float*, float*, int, void> Exp { get; private init; }

    public delegate*<float*, nint, int, int, int*, void> ArgMax { get; private init; }

    public delegate*<float*, nint, int, int, int*, float*, void> Classify { get; private init; }

    public delegate*<float*, nint, int, int, float*, float*, void> ReduceScores { get; private init; }

    public delegate*<float*, nint, int, int, float*, void> Softmax { get; private init; }

    public delegate*<float*, float*, nint, int, int, float*, void> SoftmaxGradient { get; private init; }

    public delegate*<float*, nint, int, int, int*, float*, float*, void> LossGradient { get; private init; }

    public static PlaneKernels Create<TOps, TVector>()
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct =>
        new(TOps.Lanes)
        {
            MaxPoolValues = &MaxPoolPlanes<TOps, TVector>.Values,
            MaxPoolWinners = &MaxPoolPlanes<TOps, TVector>.Winners,
            MaxPoolPairsGradient = &MaxPoolPlanes<TOps, TVector>.PairsGradient,
            Relu = &ElementRuns<TOps, TVector>.Relu,
            ReluGradient = &ElementRuns<TOps, TVector>.ReluGradient,
            AverageWindows = &AverageRuns<TOps, TVector>.Windows,
            AddToWindow = &AverageRuns<TOps, TVector>.AddToWindow,
            Averages = &NormRuns<TOps, TVector>.Averages,
            WeightedSum = &ElementRuns<TOps, TVector>.WeightedSum,
            SumOfTerms = &ElementRuns<TOps, TVector>.Sum,
            Dropout = &ElementRuns<TOps, TVector>.Dropout,
            Sum = &NormRuns<TOps, TVector>.Sum,
            Squares = &NormRuns<TOps, TVector>.Squares,
            AddGradients = &NormRuns<TOps, TVector>.AddGradients,
            Normalize = &NormRuns<TOps, TVector>.Normalize,
            NormalizeGradient = &NormRuns<TOps, TVector>.NormalizeGradient,
            LocalResponseNorm = &LocalResponseNormRuns<TOps, TVector>.Forward,
            LocalResponseNormTerms = &LocalResponseNormRuns<TOps, TVector>.Terms,
            SubtractTerms = &LocalResponseNormRuns<TOps, TVector>.SubtractTerms,
            Convolve = &WindowRuns<TOps, TVector>.Convolve,
            AddTaps = &WindowRuns<TOps, TVector>.AddTaps,
            AddProducts = &WindowRuns<TOps, TVector>.AddProducts,
            SumWindows = &WindowRuns<TOps, TVector>.SumWindows,
            AddWindows = &WindowRuns<TOps, TVector>.AddWindows,
            Exp = &VectorExp<TOps, TVector>.Run,
            ArgMax = &PixelRuns<TOps, TVector>.ArgMax,
            Classify = &PixelRuns<TOps, TVector>.Classify,
            ReduceScores = &PixelRuns<TOps, TVector>.Reduce,
            Softmax = &PixelRuns<TOps, TVector>.Softmax,
            SoftmaxGradient = &PixelRuns<TOps, TVector>.SoftmaxGradient,
            LossGradient = &PixelRuns<TOps, TVector>.LossGradient,
        };
}
