namespace FcnSharp.Imaging;

/// <summary>What the samples of a PNG's pixel mean; the values are those of the file's header (PNG specification, 11.2.2).</summary>
public enum PngColorType
{
    /// <summary>One grey sample of 1, 2, 4, 8 or 16 bits.</summary>
    Grey = 0,

    /// <summary>Red, green, blue of 8 or 16 bits.</summary>
    Rgb = 2,

    /// <summary>One index into the palette, of 1, 2, 4 or 8 bits.</summary>
    Palette = 3,

    /// <summary>Grey and alpha of 8 or 16 bits.</summary>
    GreyAlpha = 4,

    /// <summary>Red, green, blue and alpha of 8 or 16 bits.</summary>
    Rgba = 6,
}
