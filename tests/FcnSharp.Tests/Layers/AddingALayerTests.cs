using FcnSharp.Graph;
using FcnSharp.Layers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Tensors.Programs;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Layers;

/// <summary>The worked example of docs/adding-a-layer.md, which quotes the layer and its tests from here.</summary>
public sealed class AddingALayerTests
{
    // example: layer
    /// <summary>output = factor * input, the factor fixed: FCN's at-once training scales pool3 and pool4 so.</summary>
    private sealed class ScaleLayer : Layer
    {
        private readonly Conv2dParameters _geometry;
        private readonly Parameter _factor;

        public ScaleLayer(string name, int channels, float factor)
            : base(name)
        {
            // One 1x1 kernel a channel. A multiplier of 0 freezes it.
            _geometry = Conv2dParameters.Square(1, groups: channels);
            _factor = new Parameter(name + ".factor", _geometry.WeightShape(channels, channels), Initializer.Constant(factor)) { LearningRateMultiplier = 0 };
        }

        public override string Kind => "Scale";

        public override IReadOnlyList<Parameter> Parameters => [_factor];

        public override IReadOnlyList<Shape> InferShapes(IReadOnlyList<Shape> inputs)
        {
            ExpectInputs(inputs, 1);
            return [_geometry.OutputShape(inputs[0], _factor.Shape)];
        }

        public override IReadOnlyList<ProgramValue> Forward(ForwardContext context)
        {
            ProgramValue output = context.NewValue(context.Inputs[0].Shape);
            context.Add(new Conv2dForward(Name, _geometry, context.Inputs[0], context.Value(_factor), null, output));
            return [output];
        }

        public override void Backward(BackwardContext context)
        {
            if (context.NeedsGradInput(0))
            {
                context.Add(new Conv2dBackwardInput(Name, _geometry, context.GradOutput, context.Value(_factor), context.NewGradInput(0)));
            }
        }
    }

    // example: end
    // example: tests
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Every_number_is_scaled(string deviceName)
    {
        using var device = NetFixtures.Device(deviceName);
        using var network = new Network(NetFixtures.Graph("net", g => g.Output("y", g.Add(new ScaleLayer("s", 2, 0.5f), 2, g.Input("x", 2)))), device);
        network.Initialize(seed: 1);

        Tensor y = NetFixtures.Forward(network, "y", ("x", NetFixtures.Filled(new Shape(1, 2, 1, 2), 1, -2, 3, 4)));

        Assert.Equal([0.5f, -1, 1.5f, 2], y.Span.ToArray());
    }

    [Fact]
    public void Its_gradient_is_right()
    {
        var shape = new Shape(2, 3, 4, 5);

        GradientCheck.Run(net => net.Project(net.Graph.Add(new ScaleLayer("s", 3, 0.5f), 3, net.Input("x", shape)), shape));
    }

    // example: end
    [Theory]
    [InlineData("layer")]
    [InlineData("tests")]
    public void The_page_quotes_this_file(string part)
    {
        string root = SharedData.RepositoryRoot;
        string file = File.ReadAllText(Path.Combine(root, "tests", "FcnSharp.Tests", "Layers", nameof(AddingALayerTests) + ".cs")).ReplaceLineEndings("\n");
        string page = File.ReadAllText(Path.Combine(root, "docs", "adding-a-layer.md")).ReplaceLineEndings("\n");
        string example = file.Split($"    // example: {part}\n")[1].Split("    // example: end\n")[0];
        string quoted = string.Join('\n', example.TrimEnd('\n').Split('\n').Select(line => line.Length > 4 ? line[4..] : line));

        Assert.Contains($"```csharp\n{quoted}\n```", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_names_only_types_that_exist()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "docs", "adding-a-layer.md"));
        string sources = string.Concat(new[] { "src", "tests" }.SelectMany(folder =>
            Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, folder), "*.cs", SearchOption.AllDirectories)).Where(f => !f.EndsWith(nameof(AddingALayerTests) + ".cs", StringComparison.Ordinal)).Select(File.ReadAllText));

        foreach (System.Text.RegularExpressions.Match name in System.Text.RegularExpressions.Regex.Matches(page.Split("## Worked example")[0], "`([A-Z][A-Za-z0-9]+)`"))
        {
            Assert.Matches($@"\b{name.Groups[1].Value}\b", sources);
        }
    }
}
