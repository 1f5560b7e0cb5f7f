using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>The field numbers of Caffe's messages that are read and written here; all others are skipped.</summary>
internal static class CaffeFields
{
    /// <summary>The net: its name.</summary>
    public const int NetName = 1;

    /// <summary>The net: a layer of the older format.</summary>
    public const int NetV1Layer = 2;

    /// <summary>The net: the name of an input.</summary>
    public const int NetInput = 3;

    /// <summary>The net: a layer of the newer format.</summary>
    public const int NetLayer = 100;

    /// <summary>A blob: its sizes in the older form, N, C, H, W.</summary>
    public const int BlobFirstSize = 1;

    /// <summary>A blob: the last size of the older form.</summary>
    public const int BlobLastSize = 4;

    /// <summary>A blob: its elements as floats.</summary>
    public const int BlobData = 5;

    /// <summary>A blob: its shape in the newer form.</summary>
    public const int BlobShape = 7;

    /// <summary>A blob: its elements as doubles.</summary>
    public const int BlobDoubleData = 8;

    /// <summary>A shape: its dimensions.</summary>
    public const int ShapeDimension = 1;

    /// <summary>The newer format's layer.</summary>
    public static CaffeLayerFields Layer { get; } = new(Name: 1, Type: 2, Bottom: 3, Top: 4, Blob: 7);

    /// <summary>The older format's layer.</summary>
    public static CaffeLayerFields V1Layer { get; } = new(Name: 4, Type: 5, Bottom: 2, Top: 3, Blob: 6);

    /// <summary>The tag of a field with a length before its bytes.</summary>
    public static uint Bytes(int field) => WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited);

    /// <summary>The tag of a field of variable length.</summary>
    public static uint Varint(int field) => WireFormat.MakeTag(field, WireFormat.WireType.Varint);
}

/// <summary>The field numbers of a layer.</summary>
/// <param name="Name">The name, text.</param>
/// <param name="Type">The type: text in the newer format, an enum in the older.</param>
/// <param name="Bottom">A blob that is read, text.</param>
/// <param name="Top">A blob that is written, text.</param>
/// <param name="Blob">A tensor of weights.</param>
internal sealed record CaffeLayerFields(int Name, int Type, int Bottom, int Top, int Blob);
