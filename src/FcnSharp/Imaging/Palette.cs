namespace FcnSharp.Imaging;

/// <summary>The colours that stand for class indices: 1 to 256 of 8-bit red, green, blue.</summary>
public sealed class Palette
{
    /// <summary>The most colours of a palette.</summary>
    public const int MaxCount = 256;

    private readonly byte[] _bytes;

    /// <summary>Copies the colours from bytes R, G, B, R, G, B, ...</summary>
    /// <exception cref="ArgumentException">Not 3 to 768 bytes, or not a multiple of 3.</exception>
    public Palette(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > 3 * MaxCount || bytes.Length % 3 != 0)
        {
            throw new ArgumentException($"A palette has 1 to {MaxCount} colours of 3 bytes, found {bytes.Length} bytes.", nameof(bytes));
        }

        _bytes = bytes.ToArray();
    }

    /// <summary>
    /// The 256 colours of the PASCAL VOC label images, by the rule of its development kit (VOClabelcolormap): the bits of the
    /// index, from the lowest, go in turn to red, green and blue, each filled from its highest bit. 0 is black, 255 (224, 224, 192).
    /// </summary>
    public static Palette Voc { get; } = CreateVoc();

    /// <summary>The colours of a list of classes, in their order: colour i shows class i.</summary>
    public static Palette Of(IReadOnlyList<ClassInfo> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        return new Palette([.. classes.SelectMany(c => new[] { c.R, c.G, c.B })]);
    }

    /// <summary>How many colours there are.</summary>
    public int Count => _bytes.Length / 3;

    /// <summary>The colours as bytes R, G, B, R, G, B, ...</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>One colour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in 0 to Count - 1.</exception>
    public (byte R, byte G, byte B) this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return (_bytes[3 * index], _bytes[(3 * index) + 1], _bytes[(3 * index) + 2]);
        }
    }

    /// <summary>This palette, or one with black colours behind its own so that it has at least so many.</summary>
    internal Palette PadTo(int count)
    {
        if (count <= Count)
        {
            return this;
        }

        byte[] padded = new byte[3 * count];
        _bytes.CopyTo(padded, 0);
        return new Palette(padded);
    }

    private static Palette CreateVoc()
    {
        byte[] bytes = new byte[3 * MaxCount];
        for (int index = 0; index < MaxCount; index++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                bytes[(3 * index) + (bit % 3)] |= (byte)(((index >> bit) & 1) << (7 - (bit / 3)));
            }
        }

        return new Palette(bytes);
    }
}
