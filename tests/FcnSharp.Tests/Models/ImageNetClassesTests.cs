using FcnSharp.Models;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

/// <summary>The names of ImageNet's classes.</summary>
public sealed class ImageNetClassesTests
{
    [Fact]
    public void There_are_a_thousand_and_two_names_stand_for_two_classes()
    {
        Assert.Equal(ImageNetClasses.Count, ImageNetClasses.Names.Count);
        Assert.Equal(["crane", "maillot"], ImageNetClasses.Names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key).Order());
        Assert.Equal(("tench", "espresso", "toilet tissue"), (ImageNetClasses.Names[0], ImageNetClasses.Names[967], ImageNetClasses.Names[999]));
        Assert.All(ImageNetClasses.Names, name => Assert.Matches("^[A-Za-z][-A-Za-z0-9 '.]+$", name));
    }

    [Fact]
    public void They_are_the_first_of_the_published_synonyms()
    {
        string[] published = File.ReadAllLines(SharedData.PathOrSkip("weights/imagenet_classes.txt"));

        Assert.Equal(published.Select(line => line.Split(',')[0].Trim()), ImageNetClasses.Names);
    }
}
