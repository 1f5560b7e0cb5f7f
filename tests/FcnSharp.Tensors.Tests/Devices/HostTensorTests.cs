using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Reference;
using Xunit;

namespace FcnSharp.Tensors.Tests.Devices;

public sealed class HostTensorTests
{
    [Fact]
    public void A_device_tensor_starts_at_zero_and_keeps_what_is_written()
    {
        using var device = new ReferenceDevice();
        IDeviceTensor tensor = device.Allocate("weight", new Shape(2, 3));
        var data = new float[6];
        tensor.Read(data);
        Assert.Equal(new float[6], data);
        tensor.Write([1, 2, 3, 4, 5, 6]);
        tensor.Read(data);
        Assert.Equal([1, 2, 3, 4, 5, 6], data);
        tensor.Fill(-2);
        tensor.Read(data);
        Assert.All(data, v => Assert.Equal(-2, v));
        Assert.Equal("weight", tensor.Name);
        Assert.Equal(new Shape(2, 3), tensor.Shape);
        Assert.Throws<ArgumentException>(() => tensor.Write(new float[5]));
        Assert.Throws<ArgumentException>(() => tensor.Read(new float[7]));
        tensor.Dispose();
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.Read(data));
        Assert.Throws<ObjectDisposedException>(() => tensor.Write(data));
        Assert.Throws<ObjectDisposedException>(() => tensor.Fill(1));
    }

    [Fact]
    public void A_scalar_is_one_element()
    {
        using var device = new ReferenceDevice();
        using IDeviceTensor tensor = device.Allocate("scalar", default);
        tensor.Write([3]);
        var data = new float[1];
        tensor.Read(data);
        Assert.Equal(3, data[0]);
    }
}
