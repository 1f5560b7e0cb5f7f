namespace FcnSharp.Formats.Caffe;

/// <summary>The layer types of the older format (V1), an enum, and the names that the newer format has for them.</summary>
internal static class CaffeLayerTypes
{
    private static readonly (int Number, string V1, string Name)[] All =
    [
        (35, "ABSVAL", "AbsVal"),
        (1, "ACCURACY", "Accuracy"),
        (30, "ARGMAX", "ArgMax"),
        (2, "BNLL", "BNLL"),
        (3, "CONCAT", "Concat"),
        (37, "CONTRASTIVE_LOSS", "ContrastiveLoss"),
        (4, "CONVOLUTION", "Convolution"),
        (5, "DATA", "Data"),
        (39, "DECONVOLUTION", "Deconvolution"),
        (6, "DROPOUT", "Dropout"),
        (32, "DUMMY_DATA", "DummyData"),
        (7, "EUCLIDEAN_LOSS", "EuclideanLoss"),
        (25, "ELTWISE", "Eltwise"),
        (38, "EXP", "Exp"),
        (8, "FLATTEN", "Flatten"),
        (9, "HDF5_DATA", "HDF5Data"),
        (10, "HDF5_OUTPUT", "HDF5Output"),
        (28, "HINGE_LOSS", "HingeLoss"),
        (11, "IM2COL", "Im2col"),
        (12, "IMAGE_DATA", "ImageData"),
        (13, "INFOGAIN_LOSS", "InfogainLoss"),
        (14, "INNER_PRODUCT", "InnerProduct"),
        (15, "LRN", "LRN"),
        (29, "MEMORY_DATA", "MemoryData"),
        (16, "MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"),
        (34, "MVN", "MVN"),
        (17, "POOLING", "Pooling"),
        (26, "POWER", "Power"),
        (18, "RELU", "ReLU"),
        (19, "SIGMOID", "Sigmoid"),
        (27, "SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"),
        (36, "SILENCE", "Silence"),
        (20, "SOFTMAX", "Softmax"),
        (21, "SOFTMAX_LOSS", "SoftmaxWithLoss"),
        (22, "SPLIT", "Split"),
        (33, "SLICE", "Slice"),
        (23, "TANH", "TanH"),
        (24, "WINDOW_DATA", "WindowData"),
        (31, "THRESHOLD", "Threshold"),
    ];

    private static readonly Dictionary<int, string> ByNumber = All.ToDictionary(t => t.Number, t => t.Name);

    private static readonly Dictionary<string, string> ByV1Name = All.ToDictionary(t => t.V1, t => t.Name);

    /// <summary>The newer name of an enum's number; null when there is none.</summary>
    public static string? Find(int number) => ByNumber.GetValueOrDefault(number);

    /// <summary>The newer name of an enum's word; null when there is none.</summary>
    public static string? Find(string v1Name) => ByV1Name.GetValueOrDefault(v1Name);
}
