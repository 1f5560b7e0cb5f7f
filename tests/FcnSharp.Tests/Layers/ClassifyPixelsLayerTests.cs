using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

public sealed class ClassifyPixelsLayerTests
{
    [Fact]
    public void Both_outputs_have_one_channel()
    {
        var shape = new Shape(2, 1, 4, 5);

        Assert.Equal([shape, shape], new ClassifyPixelsLayer("c").InferShapes([new Shape(2, 21, 4, 5)]));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Class_and_confidence_come_from_one_operation(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        NetGraph graph = NetFixtures.Graph("net", g =>
        {
            (GraphValue classes, GraphValue confidence) = g.ClassifyPixels("c", g.Input("x", 2));
            Assert.Equal((ElementType.Int32, ElementType.Float32), (classes.Type, confidence.Type));
            g.Output("classes", classes);
            g.Output("sure", g.Relu("r", confidence));
        });
        using var network = new Network(graph, device);

        CompiledNet net = network.Compile(CompileTarget.Inference("classes", "sure"), new Dictionary<string, Shape> { ["x"] = new(1, 2, 1, 3) });
        using IExecution execution = net.Plan.Begin();

        // Pixels: (0, ln 3), (5, 5), (90, -90).
        execution.Write(net.Inputs["x"], [0, 5, 90, MathF.Log(3), 5, -90]);
        execution.Run(TestContext.Current.CancellationToken);

        Assert.Equal(2, net.Program.Operations.Count);
        Assert.Equal([1f, 0, 0], NetFixtures.Read(execution, net.Outputs["classes"]).Span.ToArray());
        float[] sure = NetFixtures.Read(execution, net.Outputs["sure"]).Span.ToArray();
        Assert.Equal(0.75, sure[0], 1e-6);
        Assert.Equal([0.5f, 1], sure[1..]);
    }

    [Fact]
    public void Classes_are_integers_and_no_layer_computes_with_them()
    {
        var builder = new GraphBuilder("net");
        GraphValue classes = builder.ClassifyPixels("c", builder.Input("x", 3)).Classes;

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => builder.Relu("r", classes));

        Assert.StartsWith("net, layer r: the input \"c\" holds Int32, Float32 is needed", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
    }

    [Fact]
    public void Beside_a_loss_it_adds_nothing_to_the_gradient()
    {
        var shape = new Shape(1, 3, 4, 5);

        GradientCheck.Run(net =>
        {
            GraphValue x = net.Input("x", shape);
            net.Graph.Output("confidence", net.Graph.ClassifyPixels("c", x).Confidence);
            net.Project(x, shape);
        });
    }

    [Fact]
    public void A_loss_on_the_confidence_is_refused_and_not_silently_left_untrained()
    {
        var shape = new Shape(1, 3, 4, 5);

        FcnSharpException error = Assert.Throws<FcnSharpException>(() => GradientCheck.Run(net => net.Project(net.Graph.ClassifyPixels("c", net.Input("x", shape)).Confidence, new Shape(1, 1, 4, 5))));

        Assert.Contains("Layer c: a loss depends on the confidence, which has no gradient", NetAssert.OneLine(error.Message), StringComparison.Ordinal);
    }
}
