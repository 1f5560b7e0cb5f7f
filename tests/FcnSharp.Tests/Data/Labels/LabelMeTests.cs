using FcnSharp.Data;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Labels;

public sealed class LabelMeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public LabelMeTests() => PngFile.WriteRgb(_folder["a.png"], new RgbImage(6, 4));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Outlines_are_painted_one_over_the_other()
    {
        Json("""{"label":"tree","points":[[1,0],[5,0],[5,3],[1,3]]},{"label":"car","shape_type":"rectangle","points":[[4,2],[3,4]]},{"label":"__ignore__","points":[[0,3],[1,3],[1,4],[0,4]]}""");
        FolderDataset dataset = FolderDataset.Open(_folder.Root);
        Assert.Equal(("LabelMe", "_background_ car tree"), (dataset.Layout, string.Join(' ', dataset.Classes.Select(info => info.Name))));
        Assert.Equal("022220 022220 022120 V00100", Rows(dataset.Load(0).Labels));
    }

    [Fact]
    public void Concave_and_slanted_outlines_follow_pixel_centres()
    {
        Json("""{"label":"x","points":[[0,0],[6,0],[6,4],[3,1],[0,4]]}""");
        // A centre that lies on an outline belongs to the area on its right.
        Assert.Equal("111111 110111 100011 000001", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
        Json("""{"label":"x","shape_type":"circle","points":[[3,2],[3,0.4]]}""");
        Assert.Equal("001100 011110 011110 001100", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
        Json("""{"label":"x","points":[[-1e6,-1e6],[1e6,-1e6],[1e6,1.6],[-1e6,1.6]]}""");
        Assert.Equal("111111 111111 000000 000000", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
    }

    [Fact]
    public void Classes_may_be_listed_and_without_a_background_the_rest_is_void()
    {
        Json("""{"label":"car","points":[[0,0],[6,0],[6,1],[0,1]]}""");
        File.WriteAllLines(_folder["labels.txt"], ["__ignore__", "_background_", "bus", "car"]);
        Assert.Equal("222222 000000 000000 000000", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
        File.WriteAllLines(_folder["classes.txt"], ["car 1 2 3", "bus 4 5 6"]);
        Assert.Equal("000000 VVVVVV VVVVVV VVVVVV", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
        File.WriteAllLines(_folder["classes.txt"], ["bus 4 5 6", "bike"]);
        Error("a.json", "'car'", "classes.txt");
    }

    [Fact]
    public void Annotations_may_lie_in_a_folder_of_their_own()
    {
        Directory.CreateDirectory(_folder["images"]);
        Directory.CreateDirectory(_folder["labels"]);
        File.Move(_folder["a.png"], _folder["images/a.png"]);
        Json("""{"label":"car","points":[[0,0],[6,0],[6,1],[0,1]]}""");
        File.Move(_folder["a.json"], _folder["labels/a.json"]);
        Assert.Equal("111111 000000 000000 000000", Rows(FolderDataset.Open(_folder.Root).Load(0).Labels));
    }

    [Theory]
    [InlineData("""{"shapes":[{"label":"a","points":[[0,0],[1,1]]}]}""", "polygon of 2 points")]
    [InlineData("""{"shapes":[{"label":"a","shape_type":"linestrip","points":[[0,0],[1,1],[2,2]]}]}""", "is a linestrip")]
    [InlineData("""{"shapes":[{"points":[[0,0],[1,1],[2,2]]}]}""", "shape 1 has no label")]
    [InlineData("""{"shapes":[{"label":"a","points":[[0,0],[1],[2,2]]}]}""", "shape 1 has no label or no list of points")]
    [InlineData("""{"shapes":[{"label":"a","points":[[0,0],[1,1e300],[2,2]]}]}""", "list of points")]
    [InlineData("""{"shapes":[7]}""", "shape 1 has no label")]
    [InlineData("""{"shapes":7}""", "a list 'shapes'")]
    [InlineData("""{"shapes":[""", "no complete JSON")]
    [InlineData("""{"imageWidth":5,"imageHeight":4,"shapes":[]}""", "5x4", "a.png has 6x4")]
    public void Wrong_files_are_named(string json, params string[] parts)
    {
        File.WriteAllText(_folder["a.json"], json);
        Error(["a.json", .. parts]);
    }

    private void Error(params string[] parts)
    {
        string message = Assert.Throws<FcnSharpException>(() => FolderDataset.Open(_folder.Root).Load(0)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    private void Json(string shapes) => File.WriteAllText(_folder["a.json"], $$"""{"version":"5.0.1","imagePath":"..\\a.png","imageWidth":6,"imageHeight":4,"shapes":[{{shapes}}]}""");

    private static string Rows(LabelMap labels) =>
        string.Join(' ', Enumerable.Range(0, labels.Height).Select(y => string.Concat(labels.Row(y).ToArray().Select(label => label == 255 ? 'V' : (char)('0' + label)))));
}
