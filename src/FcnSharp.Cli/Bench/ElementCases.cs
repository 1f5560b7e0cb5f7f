using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Primitives that memory bounds: each value is touched a few times.</summary>
internal static class ElementCases
{
    /// <summary>ReLU on its own, and its gradient.</summary>
    public static IEnumerable<BenchCase> Relu(string name, Shape shape)
    {
        var geometry = new BenchGeometry(BenchOperations.Relu, shape.ToArray(), []);
        yield return new(name, BenchPass.Forward, geometry, b => b.Add(new ReluForward(name, b.Input("input", shape), b.Output("output", shape))));
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new ReluBackward(name, b.Input("gradOutput", shape), b.Input("output", shape), b.Output("gradInput", shape))));
    }

    /// <summary>Dropout of one half in training; its gradient is the same work.</summary>
    public static IEnumerable<BenchCase> Dropout(string name, Shape shape) =>
    [
        new(name, BenchPass.ForwardTraining, new BenchGeometry(BenchOperations.Dropout, shape.ToArray(), []), b =>
            b.Add(new DropoutApply(name, 0.5f, Stream: 1, b.Input("input", shape), b.Output("output", shape)))),
    ];

    /// <summary>The sum of two maps: a skip or a residual.</summary>
    public static IEnumerable<BenchCase> Sum(string name, Shape shape) =>
    [
        new(name, BenchPass.Forward, new BenchGeometry(BenchOperations.Sum, shape.ToArray(), []), b =>
            b.Add(new SumForward(name, [b.Input("left", shape), b.Input("right", shape)], b.Output("output", shape)))),
    ];

    /// <summary>Maps of one size behind each other.</summary>
    public static IEnumerable<BenchCase> Concat(string name, int height, int width, params int[] channels)
    {
        var output = new Shape(1, channels.Sum(), height, width);
        yield return new(name, BenchPass.Forward, new BenchGeometry(BenchOperations.Concat, output.ToArray(), channels), b =>
            b.Add(new ConcatForward(name, [.. channels.Select((c, i) => b.Input("part" + i, new Shape(1, c, height, width)))], b.Output("output", output))));
    }

    /// <summary>Bilinear resize, corners not aligned, and its gradient.</summary>
    public static IEnumerable<BenchCase> Resize(string name, Shape input, int height, int width)
    {
        var output = new Shape(input.N, input.C, height, width);
        var geometry = new BenchGeometry(BenchOperations.Resize, input.ToArray(), [height, width]);
        yield return new(name, BenchPass.Forward, geometry, b => b.Add(new BilinearResize2dForward(name, false, b.Input("input", input), b.Output("output", output))));
        yield return new(name, BenchPass.BackwardInput, geometry, b =>
            b.Add(new BilinearResize2dBackward(name, false, b.Input("gradOutput", output), b.Output("gradInput", input))));
    }

    /// <summary>The class of each pixel.</summary>
    public static IEnumerable<BenchCase> ArgMax(string name, Shape scores) =>
    [
        new(name, BenchPass.Forward, new BenchGeometry(BenchOperations.ArgMax, scores.ToArray(), []), b =>
            b.Add(new ArgMaxForward(name, b.Input("scores", scores), b.Output("classes", PerPixel(scores), ElementType.Int32)))),
    ];

    /// <summary>The class of each pixel and its probability, which the peers take from a whole softmax.</summary>
    public static IEnumerable<BenchCase> SoftmaxArgMax(string name, Shape scores) =>
    [
        new(name, BenchPass.Forward, new BenchGeometry(BenchOperations.SoftmaxArgMax, scores.ToArray(), []), b =>
            b.Add(new ClassifyPixelsForward(name, b.Input("scores", scores), b.Output("classes", PerPixel(scores), ElementType.Int32), b.Output("confidence", PerPixel(scores))))),
    ];

    /// <summary>The mean cross-entropy of a labelled image, alone and with its gradient.</summary>
    public static IEnumerable<BenchCase> SoftmaxLoss(string name, Shape logits)
    {
        var geometry = new BenchGeometry(BenchOperations.SoftmaxLoss, logits.ToArray(), []);
        yield return new(name, BenchPass.Forward, geometry, b => Write(b, withGradient: false));
        yield return new(name, BenchPass.ForwardBackward, geometry, b => Write(b, withGradient: true));

        void Write(BenchProgram b, bool withGradient)
        {
            ProgramValue x = b.Input("logits", logits);
            ProgramValue labels = b.Integers("labels", PerPixel(logits), i => (int)(CounterRandom.Bits(1, 3, (ulong)i) % (ulong)logits.C));
            ProgramValue loss = b.Output("loss", new Shape(2));
            b.Add(new SoftmaxCrossEntropyForward(name, IgnoreIndex: 255, LossReduction.Mean, x, labels, loss));
            if (withGradient)
            {
                b.Add(new SoftmaxCrossEntropyBackward(name, IgnoreIndex: 255, LossReduction.Mean, Weight: 1, x, labels, loss, b.Output("gradLogits", logits)));
            }
        }
    }

    private static Shape PerPixel(Shape scores) => new(scores.N, 1, scores.H, scores.W);
}
