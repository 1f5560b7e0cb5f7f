namespace FcnSharp.Tensors.Cpu.Blocked;

/// <summary>How the rows of a tile lie in memory; constants of the compiled kernel, because a stride in a register costs one for each row.</summary>
internal interface ITileRows
{
    /// <summary>Floats between two rows of A.</summary>
    static abstract int Stride(int lanes);

    /// <summary>Steps of the depth between what is read and what is asked for; 0 to ask for the rows of the next block instead, -1 to ask for nothing.</summary>
    static abstract int AheadBySteps { get; }

    /// <summary>Whether blocks lie at a + table[block], the table being given in place of aBlock, with one entry past the last.</summary>
    static abstract bool ByTable { get; }
}

/// <summary>Rows that lie one vector apart: pixels or tiles whose channels are blocked.</summary>
internal readonly struct VectorRows : ITileRows
{
    public static int AheadBySteps => 0;

    public static bool ByTable => false;

    public static int Stride(int lanes) => lanes;
}

/// <summary>Rows that lie side by side: channels of one pixel or tile.</summary>
internal readonly struct AdjacentRows : ITileRows
{
    public static int AheadBySteps => 8;

    public static bool ByTable => false;

    public static int Stride(int lanes) => 1;
}

/// <summary>Rows that lie one vector apart, in blocks anywhere: what the taps of a kernel see of pixels whose channels are blocked.</summary>
internal readonly struct TapRows : ITileRows
{
    public static int AheadBySteps => 0;

    public static bool ByTable => true;

    public static int Stride(int lanes) => lanes;
}

/// <summary>Rows that lie 3 floats apart: pixels of three channels.</summary>
internal readonly struct PixelRows3 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => false;

    public static int Stride(int lanes) => 3;
}

/// <summary>Rows that lie 4 floats apart: pixels of four channels.</summary>
internal readonly struct PixelRows4 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => false;

    public static int Stride(int lanes) => 4;
}

/// <summary>Rows that lie 6 floats apart: every other pixel of three channels.</summary>
internal readonly struct PixelRows6 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => false;

    public static int Stride(int lanes) => 6;
}

/// <summary>Rows that lie 8 floats apart: every other pixel of four channels.</summary>
internal readonly struct PixelRows8 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => false;

    public static int Stride(int lanes) => 8;
}

/// <summary>Rows that lie 4 floats apart, in blocks anywhere: pixels of a plane that a convolution of stride 4 sees.</summary>
internal readonly struct RowsBy4 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => true;

    public static int Stride(int lanes) => 4;
}

/// <summary>As <see cref="RowsBy4"/>, 8 floats apart.</summary>
internal readonly struct RowsBy8 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => true;

    public static int Stride(int lanes) => 8;
}

/// <summary>As <see cref="RowsBy4"/>, 16 floats apart.</summary>
internal readonly struct RowsBy16 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => true;

    public static int Stride(int lanes) => 16;
}

/// <summary>As <see cref="RowsBy4"/>, 32 floats apart.</summary>
internal readonly struct RowsBy32 : ITileRows
{
    public static int AheadBySteps => -1;

    public static bool ByTable => true;

    public static int Stride(int lanes) => 32;
}
