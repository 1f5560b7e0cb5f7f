using Xunit;

namespace FcnSharp.Tensors.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void The_default_shape_is_a_scalar_of_one_element_and_equals_every_other_scalar()
    {
        Shape scalar = default;
        Assert.Equal(0, scalar.Rank);
        Assert.Equal(1, scalar.ElementCount);
        Assert.Empty(scalar.ToArray());
        Assert.Equal("scalar", scalar.ToString());
        Shape constructed = new(ReadOnlySpan<int>.Empty);
        Assert.Equal(scalar, constructed);
        Assert.True(scalar == constructed);
        Assert.Equal(scalar.GetHashCode(), constructed.GetHashCode());
        Assert.Equal(1, constructed.ElementCount);
    }

    [Fact]
    public void Axes_are_counted_from_outside()
    {
        var shape = new Shape(2, 3, 5, 7);
        Assert.Equal((2, 3, 5, 7), (shape.N, shape.C, shape.H, shape.W));
        Assert.Equal([2, 3, 5, 7], shape.ToArray());
        Assert.Equal(210, shape.ElementCount);
        Assert.Equal("2x3x5x7", shape.ToString());
        Assert.Equal((2, 7), (shape[0], shape[3]));
        Assert.Equal("3x2", new Shape(3, 2).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => default(Shape)[0]);
        Assert.Throws<InvalidOperationException>(() => new Shape(2, 3).N);
    }

    [Fact]
    public void Shapes_of_other_rank_or_size_differ()
    {
        Shape[] all = [default, new(1), new(1, 1), new(1, 1, 1, 1), new(2), new(1, 2), new(2, 1), new(2, 3, 4, 5), new(5, 4, 3, 2)];
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = 0; j < all.Length; j++)
            {
                Assert.Equal(i == j, all[i] == all[j]);
                Assert.Equal(i != j, all[i] != all[j]);
                Assert.Equal(i == j, all[i].Equals((object)all[j]));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void An_axis_needs_at_least_one_element(int dimension)
    {
        Assert.Throws<FcnSharpException>(() => new Shape(dimension));
        Assert.Contains("on axis 3", Assert.Throws<FcnSharpException>(() => new Shape(1, 1, 1, dimension)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_overflow_are_refused_with_a_line()
    {
        Assert.Throws<FcnSharpException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue));
        Assert.Throws<FcnSharpException>(() => new Shape(int.MaxValue, int.MaxValue, 1, 2));
        Assert.Throws<FcnSharpException>(() => new Shape(1, 2, 3, 4, 5));
        Assert.True(new Shape(1 << 30, (1 << 30) - 1).ElementCount * sizeof(float) > 0);
        Assert.Equal(3L * int.MaxValue, new Shape(3, int.MaxValue).ElementCount);
    }
}
