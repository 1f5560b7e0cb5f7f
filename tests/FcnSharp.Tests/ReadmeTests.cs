using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests;

/// <summary>What README.md promises about the library: its example is this one.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_example_segments_an_image()
    {
        using TempFolder folder = new();
        using CpuDevice device = new();
        using Network network = MiniNet.CreateSeeing(device);
        (string modelPath, string imagePath, string maskPath, string overlayPath) = (folder["m.safetensors"], folder["in.png"], folder["mask.png"], folder["overlay.png"]);
        ModelFile.Save(modelPath, MiniNet.Description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        PngFile.WriteRgb(imagePath, SyntheticScenes.Generate(40, 30, 1, 0).Image);

        Segment(modelPath, imagePath, maskPath, overlayPath);

        Assert.Equal(40, PngFile.ReadLabels(maskPath).Width);
        Assert.Equal(40, PngFile.ReadRgb(overlayPath).Width);
    }

    private static void Segment(string modelPath, string imagePath, string maskPath, string overlayPath)
    {
        // example:
        using Segmenter segmenter = Segmenter.Load(modelPath);
        RgbImage image = ImageFile.Read(imagePath);
        Segmentation result = segmenter.Segment(image, new SegmentOptions { Confidence = true });
        foreach (ClassArea area in result.Areas())
        {
            Console.WriteLine($"{area.Class.Name}: {area.Share:P1} of the image, {area.Confidence:P0} sure");
        }

        result.SaveMask(maskPath);
        PngFile.WriteRgb(overlayPath, result.Overlay(image, opacity: 0.5));
        // end
    }

    [Fact]
    public void The_readme_quotes_the_example() => Examples.AssertQuoted("README.md", "ReadmeTests.cs");

    [Fact]
    public void The_readme_in_Chinese_quotes_it_too() => Examples.AssertQuoted("README.zh-CN.md", "ReadmeTests.cs");
}
