using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;
using Xunit.Sdk;

namespace FcnSharp.Tests.Graph;

/// <summary>The gradient check itself: that it sees what is wrong and passes over kinks.</summary>
public sealed class GradientCheckTests
{
    private static readonly Shape Image = new(2, 2, 4, 5);

    [Theory]
    [InlineData(1.001f)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(float.NaN)]
    public void A_wrong_gradient_is_found_from_one_in_a_thousand_on(float factor)
    {
        XunitException error = Assert.ThrowsAny<XunitException>(() => Check(factor));

        Assert.Contains("x.weight[0] on cpu: gradient ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_right_one_passes() => Assert.Equal(2 * 80, Check(1).Compared);

    [Fact]
    public void A_kink_within_the_smallest_step_is_skipped_and_counted()
    {
        Tensor value = NetFixtures.Random(Image, "x");
        foreach (ref float v in value.Span)
        {
            // Only element 7 is nearer to 0 than any step.
            v += Math.Sign(v);
        }

        value.Span[7] = 1e-4f;

        GradientCheck check = GradientCheck.Run(net => net.Project(net.Graph.Relu("r", net.Input("x", Image, value: value)), Image), coordinatesPerTensor: 80);

        Assert.Equal((2 * 79, 2), (check.Compared, check.Skipped));
    }

    [Fact]
    public void Too_many_kinks_fail_the_test() =>
        Assert.ThrowsAny<XunitException>(() => GradientCheck.Run(net => net.Project(net.Graph.Relu("r", net.Input("x", Image, value: new Tensor(Image))), Image)));

    private static GradientCheck Check(float factor) => GradientCheck.Run(
        net => net.Project(net.Graph.Add(new WrongLayer("w", factor), 2, net.Input("x", Image)), Image),
        coordinatesPerTensor: 80);

    /// <summary>Passes its input on, and its gradient times a factor.</summary>
    private sealed class WrongLayer(string name, float factor) : Layer(name)
    {
        private readonly Parameter _one = Frozen(name + ".one", 1);
        private readonly Parameter _factor = Frozen(name + ".factor", factor);

        public override string Kind => "Wrong";

        public override IReadOnlyList<Parameter> Parameters => [_one, _factor];

        public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs) => [inputs[0]];

        public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
        {
            ProgramValue output = context.NewValue(context.Inputs[0].Shape);
            context.Add(new Conv2dForward(Name, Conv2dParameters.Square(1, groups: 2), context.Inputs[0], context.Value(_one), null, output));
            return [output];
        }

        public override void Backward(BackwardContext context) =>
            context.Add(new Conv2dBackwardInput(Name, Conv2dParameters.Square(1, groups: 2), context.GradOutput, context.Value(_factor), context.NewGradInput(0)));

        private static Parameter Frozen(string name, float value) =>
            new(name, new Shape(2, 1, 1, 1), Initializer.Constant(value)) { LearningRateMultiplier = 0 };
    }
}
