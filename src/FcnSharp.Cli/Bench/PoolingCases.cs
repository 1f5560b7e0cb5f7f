using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Max-pooling and average-pooling.</summary>
internal static class PoolingCases
{
    /// <summary>Max-pooling: inference, which remembers no winners, and the gradient.</summary>
    public static IEnumerable<BenchCase> MaxPool2d(string name, Shape input, MaxPool2dParameters p)
    {
        Shape output = p.OutputShape(input);
        var geometry = new BenchGeometry(BenchOperations.MaxPool2d, input.ToArray(), [p.KernelSize], p.Stride, p.Padding, CeilMode: p.CeilMode);
        yield return new(name, BenchPass.Forward, geometry, b =>
            b.Add(new MaxPool2dForward(name, p, b.Input("input", input), b.Output("output", output), null)));
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new MaxPool2dBackward(name, p, b.Input("gradOutput", output), b.Integers("argMax", output, i => Winner(i, input, output, p)), b.Output("gradInput", input))));
    }

    /// <summary>The mean over a square map, as at the end of a classifier.</summary>
    public static IEnumerable<BenchCase> GlobalAvgPool2d(string name, Shape input)
    {
        var p = new AvgPool2dParameters(input.H, 1);
        Shape output = p.OutputShape(input);
        var geometry = new BenchGeometry(BenchOperations.AvgPool2d, input.ToArray(), [p.KernelSize]);
        yield return new(name, BenchPass.Forward, geometry, b =>
            b.Add(new AvgPool2dForward(name, p, b.Input("input", input), b.Output("output", output))));
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new AvgPool2dBackward(name, p, b.Input("gradOutput", output), b.Output("gradInput", input))));
    }

    /// <summary>A winner somewhere in the window of output i, as random as that of random data, as an index into its plane.</summary>
    private static int Winner(long i, Shape input, Shape output, MaxPool2dParameters p)
    {
        ulong bits = CounterRandom.Bits(1, 2, (ulong)i);
        int y = (int)(i / output.W % output.H);
        int x = (int)(i % output.W);
        return Within(y, input.H, p, (uint)bits) * input.W + Within(x, input.W, p, (uint)(bits >> 32));
    }

    private static int Within(int position, int size, MaxPool2dParameters p, uint bits)
    {
        int start = position * p.Stride - p.Padding;
        int first = Math.Max(0, start);
        return first + (int)(bits % (uint)(Math.Min(size, start + p.KernelSize) - first));
    }
}
