namespace FcnSharp.Imaging;

/// <summary>How a PNG is packed; whatever it is, a reader gets the same pixels.</summary>
public enum PngPacking
{
    /// <summary>Small files: a filter for each row of 8 bits and more, and a search for repetitions.</summary>
    Small,

    /// <summary>
    /// For photos where time counts: each byte as its difference to a prediction from its neighbours, packed by how often each
    /// difference occurs, and in runs of one. A photo packs in a tenth of the time and takes hardly more space.
    /// </summary>
    Quick,

    /// <summary>For label maps: each row as its difference to the one above, packed as runs. For street scenes about as small as <see cref="Small"/>, in a quarter of the time.</summary>
    Labels,
}
