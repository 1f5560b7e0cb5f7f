using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;

namespace FcnSharp.Cli.Bench;

/// <summary>Batch norm and local response normalisation.</summary>
internal static class NormalizationCases
{
    /// <summary>Batch norm by running estimates, by the batch's own, and all gradients of the latter.</summary>
    public static IEnumerable<BenchCase> BatchNorm2d(string name, Shape shape)
    {
        var p = new BatchNorm2dParameters();
        var channels = new Shape(shape.C);
        var pairs = new Shape(2, shape.C);
        var geometry = new BenchGeometry(BenchOperations.BatchNorm2d, shape.ToArray(), []);
        yield return new(name, BenchPass.Forward, geometry, b =>
        {
            b.Add(new BatchNorm2dNormalize(name, b.Input("input", shape), RunningStatistics(b), b.Constant("weight", channels, 1), b.Weight("bias", channels), b.Output("output", shape)));
        });
        yield return new(name, BenchPass.ForwardTraining, geometry, b =>
        {
            ProgramValue x = b.Input("input", shape);
            ProgramValue statistics = b.Intermediate("statistics", pairs);
            b.Add(new BatchNorm2dStatistics(name, p, x, b.Constant("mean", channels, 0), b.Constant("variance", channels, 1), statistics, b.Constant("nextMean", channels, 0), b.Constant("nextVariance", channels, 1)));
            b.Add(new BatchNorm2dNormalize(name, x, statistics, b.Constant("weight", channels, 1), b.Weight("bias", channels), b.Output("output", shape)));
        });
        yield return new(name, BenchPass.Backward, geometry, b =>
        {
            ProgramValue x = b.Input("input", shape);
            ProgramValue gradOutput = b.Input("gradOutput", shape);
            ProgramValue statistics = RunningStatistics(b);
            ProgramValue sums = b.Intermediate("sums", pairs);
            b.Add(new BatchNorm2dGradientSums(name, x, gradOutput, statistics, sums));
            b.Add(new BatchNorm2dBackwardWeight(name, sums, b.Weight("gradWeight", channels), b.Weight("gradBias", channels)));
            b.Add(new BatchNorm2dBackwardInput(name, gradOutput, x, statistics, b.Constant("weight", channels, 1), sums, b.Output("gradInput", shape)));
        });

        // A mean of 0, deviation of 1 and weight of 1, because outputs may take the input's memory: each run sees the last one's result,
        // which must neither shrink to denormal numbers nor grow without bound.
        ProgramValue RunningStatistics(BenchProgram b)
        {
            ProgramValue statistics = b.Intermediate("statistics", pairs);
            b.Add(new BatchNorm2dRunningStatistics(name, p, b.Constant("mean", channels, 0), b.Constant("variance", channels, 1), statistics));
            return statistics;
        }
    }

    /// <summary>Local response normalisation over five channels: inference, and forward with the gradient, which needs what forward keeps.</summary>
    public static IEnumerable<BenchCase> LocalResponseNorm(string name, Shape shape)
    {
        var p = new LocalResponseNormParameters();
        var geometry = new BenchGeometry(BenchOperations.LocalResponseNorm, shape.ToArray(), [p.Size]);
        yield return new(name, BenchPass.Forward, geometry, b =>
            b.Add(new LocalResponseNormForward(name, p, b.Input("input", shape), b.Output("output", shape), null)));
        yield return new(name, BenchPass.ForwardBackward, geometry, b =>
        {
            ProgramValue x = b.Input("input", shape);
            ProgramValue y = b.Output("output", shape);
            ProgramValue scale = b.Intermediate("scale", shape);
            b.Add(new LocalResponseNormForward(name, p, x, y, scale));
            b.Add(new LocalResponseNormBackward(name, p, b.Input("gradOutput", shape), x, y, scale, b.Output("gradInput", shape)));
        });
    }
}
