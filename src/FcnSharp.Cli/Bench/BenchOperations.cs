namespace FcnSharp.Cli.Bench;

/// <summary>The names under which the peers' scripts know the primitives.</summary>
internal static class BenchOperations
{
    public const string Conv2d = "conv2d";
    public const string ConvTranspose2d = "conv_transpose2d";
    public const string MaxPool2d = "max_pool2d";
    public const string AvgPool2d = "avg_pool2d";
    public const string BatchNorm2d = "batch_norm2d";
    public const string LocalResponseNorm = "local_response_norm";
    public const string Relu = "relu";
    public const string Dropout = "dropout";
    public const string Sum = "sum";
    public const string Concat = "concat";
    public const string Resize = "resize_bilinear";
    public const string ArgMax = "argmax";
    public const string SoftmaxArgMax = "softmax_argmax";
    public const string SoftmaxLoss = "softmax_loss";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d, BatchNorm2d, LocalResponseNorm, Relu, Dropout, Sum, Concat, Resize, ArgMax, SoftmaxArgMax, SoftmaxLoss];
}
