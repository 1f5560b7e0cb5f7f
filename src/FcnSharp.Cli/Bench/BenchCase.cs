namespace FcnSharp.Cli.Bench;

/// <summary>One primitive at one shape, in one pass.</summary>
/// <param name="Name">The net and its layer, such as "vgg16-500/conv3_2".</param>
/// <param name="Pass">One of <see cref="BenchPass"/>.</param>
/// <param name="Geometry">What another library needs to run the same.</param>
/// <param name="Write">Appends the operations, with their operands as inputs of the program.</param>
internal sealed record BenchCase(string Name, string Pass, BenchGeometry Geometry, Action<BenchProgram> Write)
{
    /// <summary>How many layers of the net have this geometry; it is timed once, under the first one's name.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Name and pass: what tells cases apart.</summary>
    public string Key => $"{Name} {Pass}";
}
