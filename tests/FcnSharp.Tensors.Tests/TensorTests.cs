using Xunit;

namespace FcnSharp.Tensors.Tests;

public sealed class TensorTests
{
    [Fact]
    public void Elements_lie_in_row_major_order()
    {
        var tensor = new Tensor(new Shape(2, 3, 4, 5));
        Assert.All(tensor.Span.ToArray(), v => Assert.Equal(0, v));
        tensor[1, 2, 3, 4] = 7;
        tensor[0, 1, 2, 3] = 5;
        Assert.Equal(7, tensor.Span[119]);
        Assert.Equal(5, tensor.Span[33]);
        Assert.Equal(5, tensor.Memory.Span[33]);
    }

    [Fact]
    public void Indices_outside_are_refused_even_when_their_offset_lies_inside()
    {
        var tensor = new Tensor(new Shape(2, 3, 4, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor[0, 0, 0, 5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor[0, 3, 0, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor[1, 0, -1, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor[2, 0, 0, 0] = 1);
        Assert.Throws<InvalidOperationException>(() => new Tensor(new Shape(5))[0, 0, 0, 0]);
    }

    [Fact]
    public void A_clone_has_data_of_its_own_and_a_reshaped_tensor_shares_it()
    {
        var tensor = new Tensor(new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Tensor clone = tensor.Clone();
        Tensor reshaped = tensor.Reshape(new Shape(1, 3, 2, 1));
        tensor.Span[0] = 9;
        Assert.Equal(1, clone.Span[0]);
        Assert.Equal(9, reshaped[0, 0, 0, 0]);
        Assert.Throws<ArgumentException>(() => tensor.Reshape(new Shape(5)));
        Assert.Throws<ArgumentException>(() => new Tensor(new Shape(2), new float[3]));
    }

    [Fact]
    public void A_scalar_holds_one_element() => Assert.Equal(1, new Tensor(default).Span.Length);

    [Fact]
    public void More_elements_than_an_array_holds_are_refused_with_a_line()
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new Tensor(new Shape(2, int.MaxValue)));
        Assert.Contains("4294967294 elements", error.Message, StringComparison.Ordinal);
    }
}
