namespace FcnSharp.Formats.Onnx;

/// <summary>A graph and what is said about it.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Name">Its name.</param>
/// <param name="Opset">Version of the standard operators.</param>
/// <param name="Metadata">Free text by key.</param>
internal sealed record OnnxModel(OnnxGraph Graph, string Name, int Opset, IReadOnlyList<KeyValuePair<string, string>> Metadata)
{
    /// <summary>The version of the file format that came with the opset.</summary>
    public int FormatVersion => Opset switch
    {
        <= 14 => 7,
        <= 18 => 8,
        <= 20 => 9,
        _ => 10,
    };
}
