using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Convolutions and transposed convolutions, each in its three passes.</summary>
internal static class ConvolutionCases
{
    /// <summary>A convolution with bias; where ReLU follows in the net, the forward pass has it too, as a device may fuse them.</summary>
    public static IEnumerable<BenchCase> Conv2d(string name, int outChannels, Shape input, Conv2dParameters p, bool relu = true)
    {
        Shape weight = p.WeightShape(input.C, outChannels);
        Shape output = p.OutputShape(input, weight);
        var geometry = new BenchGeometry(BenchOperations.Conv2d, input.ToArray(), weight.ToArray(), p.StrideHeight, p.PaddingHeight);
        yield return new(name, BenchPass.Forward, geometry with { Relu = relu }, b =>
        {
            ProgramValue x = b.Input("input", input);
            ProgramValue y = relu ? b.Intermediate("convolved", output) : b.Output("output", output);
            b.Add(new Conv2dForward(name, p, x, b.Weight("weight", weight), b.Weight("bias", new Shape(outChannels)), y));
            if (relu)
            {
                b.Add(new ReluForward(name, y, b.Output("output", output)));
            }
        });
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new Conv2dBackwardInput(name, p, b.Input("gradOutput", output), b.Weight("weight", weight), b.Output("gradInput", input))));
        yield return new(name, BenchPass.BackwardWeight, geometry, b =>
            b.Add(new Conv2dBackwardWeight(name, p, b.Input("input", input), b.Input("gradOutput", output), b.Weight("gradWeight", weight), b.Weight("gradBias", new Shape(outChannels)))));
    }

    /// <summary>A transposed convolution without bias, all channels to all, as when its weights are learned.</summary>
    public static IEnumerable<BenchCase> ConvTranspose2d(string name, Shape input, ConvTranspose2dParameters p)
    {
        Shape weight = p.WeightShape(input.C, input.C);
        Shape output = p.OutputShape(input, weight);
        var geometry = new BenchGeometry(BenchOperations.ConvTranspose2d, input.ToArray(), weight.ToArray(), p.StrideHeight, p.PaddingHeight);
        yield return new(name, BenchPass.Forward, geometry, b =>
            b.Add(new ConvTranspose2dForward(name, p, b.Input("input", input), b.Weight("weight", weight), null, b.Output("output", output))));
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new ConvTranspose2dBackwardInput(name, p, b.Input("gradOutput", output), b.Weight("weight", weight), b.Output("gradInput", input))));
        yield return new(name, BenchPass.BackwardWeight, geometry, b =>
            b.Add(new ConvTranspose2dBackwardWeight(name, p, b.Input("input", input), b.Input("gradOutput", output), b.Weight("gradWeight", weight), null)));
    }
}
