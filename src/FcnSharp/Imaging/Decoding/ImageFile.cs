using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>Pictures of any format that <see cref="ImageReader.Default"/> knows: PNG, JPEG, WebP.</summary>
public static class ImageFile
{
    /// <summary>The endings of file names under which datasets keep pictures, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Reads a picture, upright, as 8-bit RGB.</summary>
    /// <exception cref="FcnSharpException">The file cannot be read, is of no known format, damaged, cut short or too large; or the library for its format is not installed.</exception>
    public static RgbImage Read(string path) => ImageReader.Default.Read(path);

    /// <summary>Reads format, size and orientation from a picture's header.</summary>
    /// <exception cref="FcnSharpException">The header cannot be read.</exception>
    public static ImageInfo ReadInfo(string path) => ImageReader.Default.ReadInfo(path);
}
