namespace FcnSharp.Cli.Bench;

/// <summary>The shapes that are timed: each distinct layer of three nets, and what comes after the scores.</summary>
internal static class BenchCases
{
    /// <summary>All cases, net by net, in the order of the layers.</summary>
    public static IReadOnlyList<BenchCase> All { get; } =
    [
        .. Once("vgg16-500/", Vgg16Cases.Layers()),
        .. Once("googlenet-480x360/", GoogLeNetCases.Layers()),
        .. Once("resnet50-224/", ResNet50Cases.Layers()),
    ];

    /// <summary>Layers of one geometry once, under the first one's name and with their number.</summary>
    internal static IEnumerable<BenchCase> Once(string net, IEnumerable<BenchCase> layers) =>
        layers.GroupBy(c => (c.Pass, c.Geometry.Key)).Select(same => same.First() with { Name = net + same.First().Name, Count = same.Count() });
}
