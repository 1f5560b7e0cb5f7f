namespace FcnSharp.Data;

/// <summary>The classes of the synthetic scenes: the background and five shapes.</summary>
public static class SceneClasses
{
    /// <summary>
    /// Names and colours in the order of the labels. The colours are from Okabe and Ito's palette (Color Universal Design, 2008),
    /// which people with any kind of colour blindness can tell apart.
    /// </summary>
    public static IReadOnlyList<ClassInfo> All { get; } =
    [
        new("background", 38, 44, 58),
        new("disk", 86, 180, 233),
        new("square", 230, 159, 0),
        new("triangle", 0, 158, 115),
        new("ring", 204, 121, 167),
        new("cross", 240, 228, 66),
    ];
}
