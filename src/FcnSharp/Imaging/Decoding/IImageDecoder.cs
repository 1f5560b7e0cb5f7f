using FcnSharp.Tensors;

namespace FcnSharp.Imaging;

/// <summary>
/// Reads pictures of one file format. Implement it to bring another format or another library, and give it to an
/// <see cref="ImageReader"/>. Must be safe to call from several threads at once.
/// </summary>
public interface IImageDecoder
{
    /// <summary>The format's name as messages say it, such as JPEG.</summary>
    string Format { get; }

    /// <summary>Whether a file with these first bytes (up to 16) is of this format.</summary>
    bool Recognizes(ReadOnlySpan<byte> head);

    /// <summary>The size in pixels as stored, without decoding.</summary>
    /// <param name="stream">The file from its first byte; can seek.</param>
    /// <param name="name">What messages call the file.</param>
    /// <exception cref="FcnSharpException">The file is damaged.</exception>
    (int Width, int Height) ReadSize(Stream stream, string name);

    /// <summary>Decodes the picture as stored: EXIF orientation is the reader's affair. Alpha is left out.</summary>
    /// <param name="stream">The file from its first byte; can seek.</param>
    /// <param name="name">What messages call the file.</param>
    /// <param name="maxPixels">The most pixels to accept, to be checked before memory is asked for.</param>
    /// <exception cref="FcnSharpException">The file is damaged, cut short, or larger than the limit.</exception>
    RgbImage Decode(Stream stream, string name, long maxPixels);
}
