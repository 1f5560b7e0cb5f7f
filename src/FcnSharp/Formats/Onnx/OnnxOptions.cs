namespace FcnSharp.Formats.Onnx;

/// <summary>What an ONNX file holds beside the net.</summary>
public sealed record OnnxOptions
{
    /// <summary>The oldest version of the standard operators that has all of them in the form they are written in.</summary>
    public const int OldestOpset = 13;

    /// <summary>The newest version of the standard operators in which they still mean the same.</summary>
    public const int NewestOpset = 21;

    /// <summary>Version of the standard operators, from <see cref="OldestOpset"/> to <see cref="NewestOpset"/>.</summary>
    public int Opset { get; init; } = OldestOpset;

    /// <summary>
    /// Weights and computation in 16-bit floats, at half the size; the input and the scores stay 32-bit floats, and so does the
    /// normalisation across channels, whose squares 16 bits do not hold.
    /// </summary>
    public bool Half { get; init; }

    /// <summary>The class of each pixel as the output "classes" [N, H, W], in place of the scores: bytes, or Int32 beyond 256 classes.</summary>
    public bool ArgMax { get; init; }

    /// <summary>The input "image" is bytes [N, H, W, 3] in the order R, G, B as images hold them; else floats [N, 3, H, W] that are preprocessed already.</summary>
    public bool Preprocessing { get; init; }
}
