namespace FcnSharp.Imaging;

/// <summary>What a picture's header says.</summary>
/// <param name="Format">The file format, such as JPEG.</param>
/// <param name="Width">Width in pixels, with the orientation applied.</param>
/// <param name="Height">Height in pixels, with the orientation applied.</param>
/// <param name="Orientation">How the stored picture is turned; <see cref="ImageOrientation.Upright"/> where the file does not say.</param>
public sealed record ImageInfo(string Format, int Width, int Height, ImageOrientation Orientation);
