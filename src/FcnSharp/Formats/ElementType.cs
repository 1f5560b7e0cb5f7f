namespace FcnSharp.Formats;

/// <summary>How a file stores one element of a tensor; all little-endian. In memory every tensor holds 32-bit floats.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32, 4 bytes: exact.</summary>
    F32,

    /// <summary>IEEE 754 binary16, 2 bytes: 11 significant bits, at most 65504.</summary>
    F16,

    /// <summary>The upper half of a binary32, 2 bytes: 8 significant bits, the range of F32.</summary>
    BF16,

    /// <summary>IEEE 754 binary64, 8 bytes; rounded to the nearest F32 when read.</summary>
    F64,

    /// <summary>Signed 64-bit integer; listed, not read.</summary>
    I64,

    /// <summary>Signed 32-bit integer; listed, not read.</summary>
    I32,

    /// <summary>Signed 16-bit integer; listed, not read.</summary>
    I16,

    /// <summary>Signed 8-bit integer; listed, not read.</summary>
    I8,

    /// <summary>Unsigned 64-bit integer; listed, not read.</summary>
    U64,

    /// <summary>Unsigned 32-bit integer; listed, not read.</summary>
    U32,

    /// <summary>Unsigned 16-bit integer; listed, not read.</summary>
    U16,

    /// <summary>Unsigned 8-bit integer; listed, not read.</summary>
    U8,

    /// <summary>A truth value in one byte; listed, not read.</summary>
    Bool,
}

/// <summary>The sizes and the safetensors names of the element types.</summary>
internal static class ElementTypes
{
    private static readonly ElementType[] All = Enum.GetValues<ElementType>();

    /// <summary>The size of one element in bytes.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.F64 or ElementType.I64 or ElementType.U64 => 8,
        ElementType.F32 or ElementType.I32 or ElementType.U32 => 4,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 or ElementType.U16 => 2,
        _ => 1,
    };

    /// <summary>Whether tensors of this type can be read into 32-bit floats.</summary>
    public static bool IsFloatingPoint(this ElementType type) =>
        type is ElementType.F32 or ElementType.F16 or ElementType.BF16 or ElementType.F64;

    /// <summary>The name that a safetensors header uses.</summary>
    public static string FileName(this ElementType type) => type switch
    {
        ElementType.F32 => "F32",
        ElementType.F16 => "F16",
        ElementType.BF16 => "BF16",
        ElementType.F64 => "F64",
        ElementType.I64 => "I64",
        ElementType.I32 => "I32",
        ElementType.I16 => "I16",
        ElementType.I8 => "I8",
        ElementType.U64 => "U64",
        ElementType.U32 => "U32",
        ElementType.U16 => "U16",
        ElementType.U8 => "U8",
        ElementType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };

    /// <summary>The type that a safetensors header calls by this name, null for one that is not known here.</summary>
    public static ElementType? FromFileName(string name)
    {
        foreach (ElementType type in All)
        {
            if (type.FileName() == name)
            {
                return type;
            }
        }

        return null;
    }
}
