using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Operations;
using FcnSharp.TestKit;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class SolverTests
{
    [Theory]
    [InlineData(SolverKind.Sgd, new[] { "velocity" })]
    [InlineData(SolverKind.AdamW, new[] { "first", "second" })]
    public void The_state_is_saved_by_name_and_loaded_to_the_bit(SolverKind kind, string[] states)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Solver solver = Create(network, kind);
        Assert.Equal(
            network.Graph.Parameters.Where(p => p.IsTrainable).SelectMany(p => states.Select(s => $"{s}/{p.Name}")),
            solver.Save().Select(s => s.Key));
        Assert.All(solver.Save(), s => Assert.Equal(0, s.Value.Span.ToArray().Sum(Math.Abs)));

        Dictionary<string, Tensor> filled = Filled(solver);
        solver.Load(filled, "test");

        Assert.All(solver.Save(), s => TensorAssert.SameBits(s.Key, filled[s.Key].Span, s.Value.Span));
    }

    [Fact]
    public void A_frozen_parameter_has_no_state()
    {
        using var device = new CpuDevice();
        using var network = new Network(NetFixtures.Graph("net", g =>
        {
            GraphValue x = g.Conv2d("free", g.Input("x", 1), 1, Conv2dParameters.Square(1));
            g.Output("y", g.Conv2d("frozen", x, 1, Conv2dParameters.Square(1), multipliers: Multipliers.Frozen));
        }), device);
        using Solver solver = Create(network, SolverKind.AdamW);

        Assert.Equal(["first/free.weight", "second/free.weight", "first/free.bias", "second/free.bias"], solver.Save().Select(s => s.Key));
    }

    [Theory]
    [InlineData(SolverKind.Sgd, false)]
    [InlineData(SolverKind.Sgd, true)]
    [InlineData(SolverKind.AdamW, false)]
    [InlineData(SolverKind.AdamW, true)]
    public void A_state_that_is_missing_or_of_another_shape_is_named_and_nothing_is_changed(SolverKind kind, bool missing)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Solver solver = Create(network, kind);
        Dictionary<string, Tensor> saved = Filled(solver);
        string last = solver.Save()[^1].Key;
        if (missing)
        {
            saved.Remove(last);
        }
        else
        {
            saved[last] = new Tensor(new Shape(7));
        }

        var e = Assert.Throws<FcnSharpException>(() => solver.Load(saved, "run/checkpoint.safetensors"));

        Assert.StartsWith("run/checkpoint.safetensors: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(last, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.All(solver.Save(), s => Assert.Equal(0, s.Value.Span.ToArray().Sum(Math.Abs)));
    }

    [Theory]
    [InlineData(SolverKind.Sgd)]
    [InlineData(SolverKind.AdamW)]
    public void A_solver_does_not_take_the_others_state(SolverKind kind)
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        using Solver solver = Create(network, kind);
        using Solver other = Create(network, kind == SolverKind.Sgd ? SolverKind.AdamW : SolverKind.Sgd);

        Assert.Throws<FcnSharpException>(() => solver.Load(Filled(other), "test"));
    }

    [Theory]
    [InlineData(SolverKind.Sgd)]
    [InlineData(SolverKind.AdamW)]
    public void A_parameters_multipliers_scale_rate_and_decay(SolverKind kind)
    {
        using var device = new CpuDevice();
        using var network = new Network(
            NetFixtures.Graph("net", g => g.Output("y", g.Conv2d("c", g.Input("x", 1), 1, Conv2dParameters.Square(1), multipliers: new Multipliers(Weight: 1, Bias: 0.5f, WeightDecay: 0.5f, BiasDecay: 0)))),
            device);
        using Solver solver = Create(network, kind);
        (Parameter weight, Parameter bias) = (network.Graph.Parameters[0], network.Graph.Parameters[1]);
        network.Value(weight).Fill(4);
        network.Value(bias).Fill(4);
        network.Gradient(weight).Fill(0);
        network.Gradient(bias).Fill(1);
        solver.Step(step: 1, learningRate: 0.5f, weightDecay: 0.25f);

        // The weight: no gradient, half of the decay. The bias: no decay, half of the rate times a direction of 1.
        Assert.Equal(4 - 0.5f * (0.5f * 0.25f * 4), Value(weight));
        Assert.Equal(4 - 0.5f * 0.5f, Value(bias), 1e-6f);

        float Value(Parameter parameter)
        {
            float[] value = new float[1];
            network.Value(parameter).Read(value);
            return value[0];
        }
    }

    private static Solver Create(Network network, SolverKind kind) => Solver.Create(network, new TrainingOptions { Steps = 10, Solver = kind });

    private static Dictionary<string, Tensor> Filled(Solver solver) =>
        solver.Save().ToDictionary(s => s.Key, s => TestData.Normal(s.Value.Shape, CounterRandom.StreamOf(s.Key)));
}
