namespace FcnSharp.Imaging;

/// <summary>How a PNG is packed; whatever it is, a reader gets the same pixels.</summary>
public enum PngPacking
{
    /// <summary>Small files: a filter for each row of 8 bits and more, and a search for repetitions.</summary>
    Small,

    /// <summary>
    /// For photos where time counts: each byte as its difference to a prediction from its neighbours, packed by how often each
    /// difference occurs and nothing else. A photo packs in a seventh of the time and takes little more space; flat colour
    /// takes an eighth of its plain size, however flat.
    /// </summary>
    Quick,

    /// <summary>For label maps: each row as its difference to the one above, packed as runs. For street scenes as small as <see cref="Small"/>, in an eighth of the time.</summary>
    Labels,
}
