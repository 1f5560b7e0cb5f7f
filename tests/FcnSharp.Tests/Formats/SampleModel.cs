using FcnSharp.Formats;
using FcnSharp.Tensors;

namespace FcnSharp.Tests.Formats;

/// <summary>A small model that uses every field of the description.</summary>
internal static class SampleModel
{
    public static ModelDescription Description { get; } = new(
        new ModelArchitecture("mini-fcn8s", new Dictionary<string, string> { ["width"] = "16", ["classes"] = "2" }),
        [new ClassInfo("sky", 128, 128, 255), new ClassInfo("Straße \"A\"", 0, 64, 7)],
        new Preprocessing(ChannelOrder.Bgr, [104.00699f, 116.66877f, 122.67892f], [1f, 1f / 3, 0.017124753f]))
    {
        Recipe = new Dictionary<string, string> { ["solver"] = "sgd", ["lr"] = "1E-10", ["note"] = "two\nlines" },
        Metrics = new ModelMetrics(1.0 / 3, 0.1, double.NaN, 0.9999999999999999, [0.25, double.NaN]),
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2)),
    };

    public static IReadOnlyList<NamedTensor> Tensors { get; } =
    [
        new("score.weight", new Tensor(new Shape(2, 3, 1, 1), [1, -2, 3, 0.5f, 0.25f, -0.125f])),
        new("score.bias", new Tensor(new Shape(2), [0.1f, -1e-20f])),
    ];

    public static CheckpointContent Checkpoint { get; } = new(
        Description,
        Tensors,
        [new NamedTensor("momentum/score.bias", new Tensor(new Shape(2), [3, 4]))],
        Step: 1L << 40,
        Seed: -7,
        new Dictionary<string, string> { ["lr"] = "0.01", ["batch"] = "8" });
}
