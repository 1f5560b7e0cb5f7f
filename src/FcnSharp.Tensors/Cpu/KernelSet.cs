using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FcnSharp.Tensors.Cpu.Blocked;

namespace FcnSharp.Tensors.Cpu;

/// <summary>
/// The inner kernels of one instruction set, chosen once at start-up. Results differ between sets by rounding only
/// (docs/numerics.md).
/// </summary>
public sealed unsafe class KernelSet
{
    private KernelSet(string name, int lanes, int maxRows, int dotColumns, bool supported, BlockedKernels blocked, PlaneKernels planes)
    {
        Blocked = blocked;
        Planes = planes;
        Name = name;
        Lanes = lanes;
        MaxRows = maxRows;
        DotColumns = dotColumns;
        IsSupported = supported;
    }

    /// <summary>512-bit vectors, 32 registers.</summary>
    public static KernelSet Avx512 { get; } = Create<Vector512Operations, Vector512<float>>("avx512", maxRows: 8, Vector512.IsHardwareAccelerated && Avx512F.IsSupported);

    /// <summary>256-bit vectors with fused multiply-add, 16 registers.</summary>
    public static KernelSet Avx2 { get; } = Create<Vector256Operations, Vector256<float>>("avx2", maxRows: 4, Vector256.IsHardwareAccelerated && Fma.IsSupported);

    /// <summary>128-bit vectors, which every machine has.</summary>
    public static KernelSet Portable { get; } = Create<Vector128Operations, Vector128<float>>("portable128", maxRows: 4, supported: true);

    /// <summary>All sets, the fastest first.</summary>
    public static IReadOnlyList<KernelSet> All { get; } = [Avx512, Avx2, Portable];

    /// <summary>The fastest set that this machine has.</summary>
    public static KernelSet Best => All.First(s => s.IsSupported);

    /// <summary>The name, such as "avx512".</summary>
    public string Name { get; }

    /// <summary>Whether this machine has the instructions.</summary>
    public bool IsSupported { get; }

    /// <summary>Floats in a vector.</summary>
    internal int Lanes { get; }

    /// <summary>Rows of the largest tile.</summary>
    internal int MaxRows { get; }

    /// <summary>Columns of the dot-product tile; it has <see cref="DotRows"/> rows.</summary>
    internal int DotColumns { get; }

    /// <summary>Rows of the dot-product tile.</summary>
    internal const int DotRows = 4;

    /// <summary>Columns of a tile: three vectors.</summary>
    internal int TileWidth => 3 * Lanes;

    internal delegate*<int, float*, nint, float*, nint*, float*, nint, void> Rows8 { get; private init; }

    internal delegate*<int, float*, nint, float*, nint*, float*, nint, void> Rows4 { get; private init; }

    internal delegate*<int, float*, nint, float*, nint*, float*, nint, void> Rows2 { get; private init; }

    internal delegate*<int, float*, nint, float*, nint*, float*, nint, void> Rows1 { get; private init; }

    internal delegate*<int, float*, nint, float*, nint*, float*, nint, void> Dot { get; private init; }

    /// <summary>The kernels that work on vectors of channels.</summary>
    internal BlockedKernels Blocked { get; }

    /// <summary>The kernels that work on planes and runs of elements.</summary>
    internal PlaneKernels Planes { get; }

    /// <summary>C += A * B for any number of rows, one tile wide; row k of B begins at b + offsets[k].</summary>
    internal void Multiply(int rows, int depth, float* a, nint lda, float* b, nint* offsets, float* c, nint ldc)
    {
        int row = 0;
        for (; MaxRows == 8 && row + 8 <= rows; row += 8)
        {
            Rows8(depth, a + row * lda, lda, b, offsets, c + row * ldc, ldc);
        }

        for (; row + 4 <= rows; row += 4)
        {
            Rows4(depth, a + row * lda, lda, b, offsets, c + row * ldc, ldc);
        }

        if (row + 2 <= rows)
        {
            Rows2(depth, a + row * lda, lda, b, offsets, c + row * ldc, ldc);
            row += 2;
        }

        if (row < rows)
        {
            Rows1(depth, a + row * lda, lda, b, offsets, c + row * ldc, ldc);
        }
    }

    private static KernelSet Create<TOps, TVector>(string name, int maxRows, bool supported)
        where TOps : struct, IVectorOperations<TVector>
        where TVector : struct =>
        new(name, TOps.Lanes, maxRows, maxRows == 8 ? 6 : 2, supported, BlockedKernels.Create<TOps, TVector>(manyRegisters: maxRows == 8), PlaneKernels.Create<TOps, TVector>())
        {
            Rows8 = &GemmKernels<TOps, TVector>.Rows8,
            Rows4 = &GemmKernels<TOps, TVector>.Rows4,
            Rows2 = &GemmKernels<TOps, TVector>.Rows2,
            Rows1 = &GemmKernels<TOps, TVector>.Rows1,
            Dot = maxRows == 8 ? &DotKernels<TOps, TVector>.Tile4x6 : &DotKernels<TOps, TVector>.Tile4x2,
        };
}
