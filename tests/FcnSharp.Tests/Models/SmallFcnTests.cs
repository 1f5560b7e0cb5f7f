using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Models;

/// <summary>The lighter FCNs, run.</summary>
public sealed class SmallFcnTests
{
    [Theory]
    [InlineData("fcn16s-squeezenet1.0", BorderPadding.Tight, 33, 17)]
    [InlineData("fcn4s-squeezenet1.1", BorderPadding.Tight, 1, 1)]
    [InlineData("fcn4s-squeezenet1.1", BorderPadding.Reference, 1, 7)]
    [InlineData("fcn32s-googlenet", BorderPadding.Tight, 31, 65)]
    [InlineData("fcn8s-googlenet", BorderPadding.Reference, 20, 31)]
    [InlineData("fcn4s-googlenet", BorderPadding.Tight, 64, 40)]
    public void A_training_step_gives_finite_gradients_to_every_layer(string name, BorderPadding padding, int height, int width)
    {
        NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = 3, Padding = padding });
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(graph, device);
        NetFixtures.Randomize(network);
        var shapes = new Dictionary<string, Shape> { ["image"] = new(1, 3, height, width), ["labels"] = new(1, 1, height, width) };

        CompiledNet net = network.Compile(CompileTarget.Train("loss", "scores"), shapes);
        using IExecution execution = net.Plan.Begin();
        execution.Write(net.Inputs["image"], NetFixtures.Random(shapes["image"], "image").Span);
        execution.Write(net.Inputs["labels"], NetFixtures.Labels(shapes["labels"], 3, seed: 3));
        execution.Run(TestContext.Current.CancellationToken);

        Assert.Equal(new Shape(1, 3, height, width), net.Outputs["scores"].Shape);
        Dictionary<string, float[]> gradients = NetFixtures.Gradients(network);
        Assert.All(gradients, g => Assert.All(g.Value, v => Assert.True(float.IsFinite(v), g.Key)));
        Assert.Contains(gradients["score_fr.weight"], v => v != 0);
        Assert.Contains(gradients[graph.Parameters[0].Name], v => v != 0);
    }

    /// <summary>Whatever the border, a coarse score that is the same everywhere is the same at each pixel inside: kernels add up to 1 and lie where they should.</summary>
    [Theory]
    [InlineData("fcn16s-squeezenet1.1", BorderPadding.Tight, UpsamplingKernels.Full)]
    [InlineData("fcn16s-squeezenet1.1", BorderPadding.Reference, UpsamplingKernels.Full)]
    [InlineData("fcn4s-squeezenet1.1", BorderPadding.Tight, UpsamplingKernels.PerClass)]
    [InlineData("fcn4s-squeezenet1.1", BorderPadding.Reference, UpsamplingKernels.PerClass)]
    [InlineData("fcn8s-squeezenet1.0", BorderPadding.Tight, UpsamplingKernels.Full)]
    public void A_constant_score_stays_constant_away_from_the_border(string name, BorderPadding padding, UpsamplingKernels kernels)
    {
        const int size = 150;
        NetGraph graph = Catalogue.Build(name, new NetOptions { Classes = 3, Padding = padding, Kernels = kernels });
        using IDevice device = NetFixtures.Device("cpu");
        using var network = new Network(graph, device);
        network.Initialize(seed: 1);

        // The score layer's weight starts at 0, so its bias alone is the score.
        network.Value(graph.Parameters.Single(p => p.Name == "score_fr.bias")).Write([1, -2, 4]);
        Tensor scores = NetFixtures.Forward(network, "scores", ("image", NetFixtures.Random(new Shape(1, 3, size, size), "image")));

        // A coarse pixel reaches 16 pixels far; doubling adds less than that on either side.
        for (int y = 32; y < size - 32; y++)
        {
            for (int x = 32; x < size - 32; x++)
            {
                Assert.Equal((1f, -2f, 4f), (scores[0, 0, y, x], scores[0, 1, y, x], scores[0, 2, y, x]));
            }
        }
    }
}
