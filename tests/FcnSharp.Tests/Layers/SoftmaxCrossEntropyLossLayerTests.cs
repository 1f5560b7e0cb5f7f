using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class SoftmaxCrossEntropyLossLayerTests
{
    private static readonly Shape Scores = new(2, 5, 4, 3);
    private static readonly Shape LabelShape = new(2, 1, 4, 3);

    [Fact]
    public void Labels_must_have_the_size_of_the_scores()
    {
        using var network = new Network(Graph(255, LossReduction.Mean), NetFixtures.Device("cpu"));

        string message = NetAssert.FailsToCompile(network, CompileTarget.Inference("loss"), ("x", new Shape(1, 3, 4, 5)), ("labels", new Shape(1, 1, 5, 4)));

        Assert.Equal("net, layer loss: Scores of shape 1x3x4x5 need labels of shape 1x1x4x5, found 1x1x5x4: crop the scores to the size of the image.", message);
    }

    [Fact]
    public void Labels_must_be_integers()
    {
        var builder = new GraphBuilder("net");
        GraphValue x = builder.Input("x", 3);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => builder.SoftmaxCrossEntropyLoss("loss", x, builder.Input("labels", 1)));

        Assert.StartsWith("net, layer loss: the input \"labels\" holds Float32, Int32 is needed", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu", LossReduction.Mean)]
    [InlineData("cpu", LossReduction.Sum)]
    [InlineData("reference", LossReduction.Mean)]
    [InlineData("reference", LossReduction.Sum)]
    public void Void_pixels_do_not_count(string deviceName, LossReduction reduction)
    {
        // Pixel 0: scores (0, ln 3), label 0: -ln(1/4). Pixel 1: (0, 0), label 1: -ln(1/2). Pixel 2: (9, -9), void.
        float[] result = Loss(deviceName, reduction, 11, [0, 0, 9, MathF.Log(3), 0, -9], [0, 1, 11]);

        double sum = Math.Log(4) + Math.Log(2);
        Assert.Equal(reduction == LossReduction.Sum ? sum : sum / 2, result[0], 1e-6);
        Assert.Equal(2, result[1]);
    }

    [Theory]
    [InlineData("cpu", LossReduction.Mean)]
    [InlineData("reference", LossReduction.Sum)]
    public void With_void_pixels_only_the_loss_is_0_and_not_a_division_by_0(string deviceName, LossReduction reduction) =>
        Assert.Equal([0f, 0f], Loss(deviceName, reduction, 255, [1, 2, 3, 4, 5, 6], [255, 255, 255]));

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void A_label_beyond_the_classes_makes_the_loss_NaN(string deviceName) =>
        Assert.Equal(float.NaN, Loss(deviceName, LossReduction.Mean, 255, [1, 2, 3, 4, 5, 6], [0, 2, 1])[0]);

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Large_scores_do_not_overflow(string deviceName)
    {
        float[] result = Loss(deviceName, LossReduction.Sum, 255, [300, -300, 0, -300, 300, 0], [0, 0, 0]);

        // Pixel 1 is wrong by 600; exponents below -80 count as -80 on the fast path, which changes the sum by nothing.
        Assert.Equal(600 + Math.Log(2), result[0], 1e-4);
    }

    [Theory]
    [InlineData(LossReduction.Mean, 1)]
    [InlineData(LossReduction.Sum, 1)]
    [InlineData(LossReduction.Mean, 0.25f)]
    [InlineData(LossReduction.Sum, 3)]
    public void The_gradient_is_that_of_the_weighted_loss(LossReduction reduction, float weight) => GradientCheck.Run(
        net => net.Loss(net.Graph.SoftmaxCrossEntropyLoss("loss", net.Input("x", Scores), net.Labels("labels", LabelShape, 5), reduction: reduction, weight: weight), weight),
        coordinatesPerTensor: 120);

    [Fact]
    public void Any_label_can_be_the_void_one() => GradientCheck.Run(
        net => net.Loss(net.Graph.SoftmaxCrossEntropyLoss("loss", net.Input("x", Scores), net.Labels("labels", LabelShape, 5, ignoreIndex: 2), ignoreIndex: 2)),
        coordinatesPerTensor: 120);

    [Fact]
    public void The_layer_is_a_loss_and_keeps_what_it_was_given()
    {
        var layer = new SoftmaxCrossEntropyLossLayer("loss", 11, LossReduction.Sum, 0.5f);

        Assert.True(layer.IsLoss);
        Assert.Equal((11, LossReduction.Sum, 0.5f), (layer.IgnoreIndex, layer.Reduction, layer.Weight));
        Assert.Equal([new Shape(2)], layer.InferShapes([Scores, LabelShape]));
    }

    [Theory]
    [InlineData(LossReduction.Mean, 1)]
    [InlineData(LossReduction.Sum, 0.5f)]
    public void The_gradient_with_class_weights_is_right(LossReduction reduction, float weight) => GradientCheck.Run(
        net => net.Loss(net.Graph.SoftmaxCrossEntropyLoss("loss", net.Input("x", Scores), net.Labels("labels", LabelShape, 5), reduction: reduction, weight: weight, classWeights: [0.5f, 2, 0, 1, 3]), weight),
        coordinatesPerTensor: 120);

    [Theory]
    [InlineData("cpu", LossReduction.Mean)]
    [InlineData("cpu", LossReduction.Sum)]
    [InlineData("reference", LossReduction.Mean)]
    [InlineData("reference", LossReduction.Sum)]
    public void Class_weights_count_in_the_sum_and_in_the_mean(string deviceName, LossReduction reduction)
    {
        // As without weights above: -ln(1/4) of class 0, -ln(1/2) of class 1, and a void pixel.
        float[] result = Loss(deviceName, reduction, 11, [0, 0, 9, MathF.Log(3), 0, -9], [0, 1, 11], [3, 0.5f]);

        double sum = 3 * Math.Log(4) + 0.5 * Math.Log(2);
        Assert.Equal(reduction == LossReduction.Sum ? sum : sum / 3.5, result[0], 1e-6);
        Assert.Equal([2f, 3.5f], result[1..]);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Where_only_classes_of_no_weight_are_the_mean_is_0(string deviceName) =>
        Assert.Equal([0f, 3, 0], Loss(deviceName, LossReduction.Mean, 255, [1, 2, 3, 4, 5, 6], [1, 1, 1], [1, 0]));

    [Theory]
    [InlineData(new[] { 1f, 2 }, "found 2: 1, 2.")]
    [InlineData(new[] { 1f, -0.5f, 2 }, "found 3: 1, -0.5, 2.")]
    [InlineData(new[] { 1f, float.NaN, 2 }, "found 3: 1, NaN, 2.")]
    public void Each_class_needs_a_weight_of_0_or_more(float[] weights, string ends)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => new SoftmaxCrossEntropyLossLayer("loss", classWeights: weights).InferShapes([new Shape(1, 3, 2, 2), new Shape(1, 1, 2, 2)]));

        Assert.Equal("Scores of 3 classes need 3 class weights, finite and at least 0, " + ends, error.Message);
    }

    private static NetGraph Graph(int ignoreIndex, LossReduction reduction) => NetFixtures.Graph("net", g =>
        g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", g.Input("x", 3), g.Input("labels", 1, ElementType.Int32), ignoreIndex, reduction)));

    /// <summary>The loss and the number of pixels for two classes and three pixels, the scores given class by class.</summary>
    private static float[] Loss(string deviceName, LossReduction reduction, int ignoreIndex, float[] scores, int[] labels, float[]? classWeights = null)
    {
        using var device = NetFixtures.Device(deviceName);
        NetGraph graph = NetFixtures.Graph("net", g =>
            g.Output("loss", g.SoftmaxCrossEntropyLoss("loss", g.Input("x", 2), g.Input("labels", 1, ElementType.Int32), ignoreIndex, reduction, classWeights: classWeights)));
        using var network = new Network(graph, device);
        CompiledNet net = network.Compile(CompileTarget.Inference("loss"), new Dictionary<string, Shape> { ["x"] = new(1, 2, 1, 3), ["labels"] = new(1, 1, 1, 3) });
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["x"], scores);
        execution.Write(net.Inputs["labels"], labels);
        execution.Run();
        return NetFixtures.Read(execution, net.Outputs["loss"]).Span.ToArray();
    }
}
