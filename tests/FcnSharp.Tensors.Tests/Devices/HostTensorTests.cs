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
    public void A_source_is_asked_once_when_the_content_is_first_needed()
    {
        const int Count = 2_500_000;
        using var device = new ReferenceDevice();
        using IDeviceTensor tensor = device.Allocate("weight", new Shape(Count));
        int asked = 0;
        tensor.WriteFrom((first, destination) =>
        {
            Interlocked.Add(ref asked, destination.Length);
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = first + i;
            }
        });
        Assert.Equal(0, asked);

        var data = new float[Count];
        tensor.Read(data);
        tensor.Read(data);
        Assert.Equal(Count, asked);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i, data[i]);
        }

        tensor.WriteFrom((_, destination) => destination.Fill(7));
        tensor.Read(data);
        Assert.All(data[^3..], v => Assert.Equal(7, v));
    }

    [Fact]
    public void What_a_source_throws_is_told_and_the_source_asked_again()
    {
        using var device = new ReferenceDevice();
        using IDeviceTensor tensor = device.Allocate("weight", new Shape(3));
        bool fails = true;
        tensor.WriteFrom((_, destination) =>
        {
            if (fails)
            {
                throw new FcnSharpException("no disk");
            }

            destination.Fill(5);
        });
        var data = new float[3];
        Assert.Equal("no disk", Assert.Throws<FcnSharpException>(() => tensor.Read(data)).Message);
        fails = false;
        tensor.Read(data);
        Assert.Equal([5, 5, 5], data);

        tensor.WriteFrom((_, _) => throw new FcnSharpException("never asked"));
        tensor.Write([1, 2, 3]);
        tensor.Read(data);
        Assert.Equal([1, 2, 3], data);
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
