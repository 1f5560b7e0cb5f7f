using FcnSharp.Evaluation;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Tests.Evaluation;

public sealed class ClassMatchTests
{
    [Fact]
    public void The_same_names_are_no_difference_whatever_their_case_and_colours() =>
        Assert.Null(ClassMatch.Compare(Named("road", "sky"), "m", [new("Road", 9, 9, 9), new("SKY", 8, 8, 8)], "d"));

    [Fact]
    public void Other_names_are_told_by_number_and_the_rest_is_counted()
    {
        Assert.Equal(
            "m.safetensors and street name their classes differently: class 1 is 'sky' and 'car'; they are compared by number.",
            ClassMatch.Compare(Named("road", "sky", "tree"), "m.safetensors", Named("road", "car", "tree"), "street"));

        string? swapped = ClassMatch.Compare(Named("a", "b", "c", "d", "e", "f"), "m", Named("b", "c", "d", "e", "f", "a"), "d");
        Assert.Contains("class 3 is 'd' and 'e' and 2 more differ; they", swapped, StringComparison.Ordinal);
        Assert.DoesNotContain("class 4", swapped, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_classes_is_an_error_that_names_both()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => ClassMatch.Compare(Named("a", "b", "c", "d", "e"), "m.safetensors", Named("road"), "street"));
        Assert.StartsWith("m.safetensors has 5 classes (a, b, c, d, ...), street has 1 class (road); ", error.Message, StringComparison.Ordinal);
    }

    private static ClassInfo[] Named(params string[] names) => [.. names.Select(name => new ClassInfo(name, 0, 0, 0))];
}
