using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>One primitive at one shape, in one pass.</summary>
/// <param name="Name">The net's layer, such as "vgg16-500/conv3_2".</param>
/// <param name="Pass">forward, backward-input or backward-weight.</param>
/// <param name="Geometry">What another library needs to run the same.</param>
/// <param name="Write">Appends the operation, with its operands as inputs of the program.</param>
internal sealed record BenchCase(string Name, string Pass, BenchGeometry Geometry, Action<ProgramBuilder, IDevice, List<IDeviceTensor>> Write)
{
    /// <summary>The three passes of a convolution.</summary>
    public static IEnumerable<BenchCase> Conv2d(string name, int inChannels, int outChannels, int size, Conv2dParameters p)
    {
        Shape weight = p.WeightShape(inChannels, outChannels);
        Shape input = new(1, inChannels, size, size);
        Shape output = p.OutputShape(input, weight);
        var geometry = new BenchGeometry("conv2d", input.ToArray(), weight.ToArray(), p.StrideHeight, p.PaddingHeight);
        yield return new(name, "forward", geometry, (b, d, owned) =>
        {
            ProgramValue y = b.Intermediate("output", output);
            b.Add(new Conv2dForward(name, p, b.Input("input", input), Persistent(b, d, owned, "weight", weight), Persistent(b, d, owned, "bias", new Shape(outChannels)), y));
            b.MarkOutput(y);
        });
        yield return new(name, "backward-input", geometry, (b, d, owned) =>
        {
            ProgramValue dx = b.Intermediate("gradInput", input);
            b.Add(new Conv2dBackwardInput(name, p, b.Input("gradOutput", output), Persistent(b, d, owned, "weight", weight), dx));
            b.MarkOutput(dx);
        });
        yield return new(name, "backward-weight", geometry, (b, d, owned) =>
            b.Add(new Conv2dBackwardWeight(name, p, b.Input("input", input), b.Input("gradOutput", output), Persistent(b, d, owned, "gradWeight", weight), Persistent(b, d, owned, "gradBias", new Shape(outChannels)))));
    }

    /// <summary>The forward pass of a transposed convolution.</summary>
    public static BenchCase ConvTranspose2d(string name, int channels, int size, ConvTranspose2dParameters p)
    {
        Shape weight = p.WeightShape(channels, channels);
        Shape input = new(1, channels, size, size);
        var geometry = new BenchGeometry("conv_transpose2d", input.ToArray(), weight.ToArray(), p.StrideHeight, p.PaddingHeight);
        return new(name, "forward", geometry, (b, d, owned) =>
        {
            ProgramValue y = b.Intermediate("output", p.OutputShape(input, weight));
            b.Add(new ConvTranspose2dForward(name, p, b.Input("input", input), Persistent(b, d, owned, "weight", weight), null, y));
            b.MarkOutput(y);
        });
    }

    /// <summary>Max-pooling in inference.</summary>
    public static BenchCase MaxPool2d(string name, int channels, int size, MaxPool2dParameters p) => new(name, "forward", new BenchGeometry("max_pool2d", [1, channels, size, size], [p.KernelSize], p.Stride, p.Padding), (b, _, _) =>
    {
        Shape input = new(1, channels, size, size);
        ProgramValue y = b.Intermediate("output", p.OutputShape(input));
        b.Add(new MaxPool2dForward(name, p, b.Input("input", input), y, null));
        b.MarkOutput(y);
    });

    /// <summary>The class of each pixel.</summary>
    public static BenchCase ArgMax(string name, int classes, int size) => new(name, "forward", new BenchGeometry("argmax", [1, classes, size, size], [], 1, 0), (b, _, _) =>
    {
        ProgramValue y = b.Intermediate("classes", new Shape(1, 1, size, size), ElementType.Int32);
        b.Add(new ArgMaxForward(name, b.Input("scores", new Shape(1, classes, size, size)), y));
        b.MarkOutput(y);
    });

    private static ProgramValue Persistent(ProgramBuilder builder, IDevice device, List<IDeviceTensor> owned, string name, Shape shape)
    {
        IDeviceTensor tensor = device.Allocate(name, shape);
        owned.Add(tensor);
        var values = new Tensor(shape);
        BenchData.Fill(values.Span, (ulong)owned.Count, scale: 0.02f);
        tensor.Write(values.Span);
        return builder.Persistent(tensor);
    }
}

/// <summary>A case in the terms of every library.</summary>
/// <param name="Operation">conv2d, conv_transpose2d, max_pool2d (ceil mode) or argmax (over the channels).</param>
/// <param name="Input">The input's shape.</param>
/// <param name="Weight">The weight's shape; the side of the window for pooling.</param>
/// <param name="Stride">Stride on both axes.</param>
/// <param name="Padding">Padding on all sides.</param>
internal sealed record BenchGeometry(string Operation, IReadOnlyList<int> Input, IReadOnlyList<int> Weight, int Stride, int Padding);
