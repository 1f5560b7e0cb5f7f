using FcnSharp.Imaging;
using FcnSharp.Pictures.Drawings;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Docs;

/// <summary>The pictures in docs/images/explained are those that docs/pictures draws.</summary>
public sealed class PicturesTests
{
    private const long MostBytes = 1_500_000;
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "docs", "images", "explained");

    public static TheoryData<string> Drawings => [.. Drawing.All.Keys];

    [Theory]
    [MemberData(nameof(Drawings))]
    public void Drawings_are_current(string name)
    {
        string drawn = Drawing.All[name]();

        Assert.True(drawn == File.ReadAllText(Path.Combine(Folder, name)).ReplaceLineEndings("\n"), $"docs/images/explained/{name} is not what is drawn now; run: dotnet run --project docs/pictures -c Release -- --drawings");
    }

    [Fact]
    public void Pictures_can_be_read_and_are_small_together()
    {
        string[] files = Directory.GetFiles(Folder);

        Assert.All(files.Where(f => f.EndsWith(".png", StringComparison.Ordinal)), file => Assert.InRange(PngFile.ReadRgb(file).Width, 256, 2000));
        Assert.InRange(files.Sum(f => new FileInfo(f).Length), 1, MostBytes);
    }
}
