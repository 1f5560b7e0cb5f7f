using System.Text.RegularExpressions;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>What README.md promises about the library: its example is this one, and what it points to is there.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md")).ReplaceLineEndings("\n");

    // example: segment
    private static void Segment(string modelPath, string imagePath, string outputPath)
    {
        using var device = new CpuDevice();
        using Segmenter segmenter = Segmenter.Load(modelPath, device);
        RgbImage image = PngFile.ReadRgb(imagePath);
        LabelMap labels = segmenter.Segment(image).Map;

        IReadOnlyList<ClassInfo> classes = segmenter.Description.Classes;
        Console.WriteLine($"The upper left pixel is {classes[labels.Row(0)[0]].Name}.");
        PngFile.WriteLabels(outputPath, labels, Palette.Of(classes));
    }

    // example: end
    [Fact]
    public void The_example_segments_an_image()
    {
        using var folder = new TempFolder();
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        ModelFile.Save(folder["m.safetensors"], MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        PngFile.WriteRgb(folder["in.png"], SyntheticScenes.Generate(40, 30, 1, 0).Image);

        Segment(folder["m.safetensors"], folder["in.png"], folder["out.png"]);

        LabelMap labels = PngFile.ReadLabels(folder["out.png"]);
        Assert.Equal((40, 30), (labels.Width, labels.Height));
    }

    [Fact]
    public void The_readme_quotes_the_example()
    {
        string file = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", nameof(ReadmeTests) + ".cs")).ReplaceLineEndings("\n");
        string example = file.Split("    // example: segment\n")[1].Split("    // example: end\n")[0];
        string quoted = string.Join('\n', example.TrimEnd('\n').Split('\n').Select(line => line.Length > 4 ? line[4..] : line));

        Assert.Contains($"\n{quoted}\n```", Readme, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_readme_points_to_is_there()
    {
        string[] targets = [.. Link().Matches(Readme).Select(m => m.Groups[1].Value).Where(t => !t.Contains("://", StringComparison.Ordinal))];

        Assert.Contains("LICENSE", targets);
        Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(SharedData.RepositoryRoot, target)), $"README.md points to {target}, which is not there"));
    }

    [GeneratedRegex(@"\]\(([^)#]+)")]
    private static partial Regex Link();
}
