using FcnSharp.Formats.Caffe;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Caffe;

/// <summary>Definitions of nets and solvers as they are written, and the whole published family.</summary>
public sealed class CaffeDefinitionTests
{
    [Fact]
    public void Every_published_definition_and_solver_is_read()
    {
        int nets = 0;
        int solvers = 0;
        foreach (string path in Directory.EnumerateFiles(SharedData.PathOrSkip("prototxt"), "*.prototxt", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(path) == "solver.prototxt")
            {
                CaffeSolver solver = CaffeSolver.Read(path);
                Assert.Equal(("fixed", 0.0005f, 20), (solver.LearningRatePolicy, solver.WeightDecay, solver.AverageLoss));
                Assert.EndsWith(".prototxt", solver.TrainNet, StringComparison.Ordinal);
                Assert.EndsWith(".prototxt", Assert.Single(solver.TestNets), StringComparison.Ordinal);
                solvers++;
            }
            else
            {
                CaffeNetDefinition net = CaffeNetDefinition.Read(path);
                string text = File.ReadAllText(path);
                Assert.Equal(text.Split("layer {").Length - 1, net.Layers.Count);
                Assert.Equal(text.Split("bottom:").Length - 1, net.Layers.Sum(l => l.Bottoms.Count));
                Assert.Equal(text.Split("lr_mult:").Length - 1, net.Layers.Sum(l => l.Parameters.Count));
                nets++;
            }
        }

        Assert.Equal((38, 15), (nets, solvers));
    }

    [Fact]
    public void A_published_solver_says_its_recipe()
    {
        CaffeSolver solver = CaffeSolver.Read(SharedData.PathOrSkip("prototxt/voc-fcn8s/solver.prototxt"));

        Assert.Equal(("train.prototxt", "fixed"), (solver.TrainNet, solver.LearningRatePolicy));
        Assert.Equal(["val.prototxt"], solver.TestNets);
        Assert.Equal([736], solver.TestIterations);
        Assert.Equal((1e-14f, 0.99f, 0.0005f), (solver.BaseLearningRate, solver.Momentum, solver.WeightDecay));
        Assert.Equal((1, 100_000, 4000, 20), (solver.BatchesPerStep, solver.Steps, solver.SnapshotInterval, solver.AverageLoss));
    }

    [Fact]
    public void A_layer_is_there_by_its_rules()
    {
        CaffeNetDefinition net = CaffeNetDefinition.Parse(
            """
            layer { name: "always" type: "ReLU" }
            layer { name: "train" type: "ReLU" include { phase: TRAIN } }
            layer { name: "test" type: "ReLU" exclude { phase: TRAIN } }
            layer { name: "staged" type: "ReLU" include { stage: "deploy" } }
            layer { name: "unstaged" type: "ReLU" include { not_stage: "deploy" } }
            layer { name: "deep" type: "ReLU" include { min_level: 1 } }
            layer { name: "level" type: "ReLU" include { min_level: 0 max_level: 0 phase: TEST } include { phase: TRAIN } }
            layer { name: "shallow" type: "ReLU" include { max_level: -1 } }
            """, "net.prototxt");

        Assert.Equal(["always", "train", "unstaged", "level"], net.Layers.Where(l => l.IsIn(CaffePhase.Train)).Select(l => l.Name));
        Assert.Equal(["always", "test", "unstaged", "level"], net.Layers.Where(l => l.IsIn(CaffePhase.Test)).Select(l => l.Name));
    }

    [Fact]
    public void The_older_format_says_the_same()
    {
        CaffeNetDefinition net = CaffeNetDefinition.Parse(
            """
            name: "old" input: "data" input_dim: 1 input_dim: 3 input_dim: 5 input_dim: 7
            layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 param: "shared"
                     convolution_param { num_output: 2 kernel_size: 1 } }
            layers { name: "l" type: SOFTMAX_LOSS bottom: "c" bottom: "label" top: "l" loss_weight: 0.3 include: { phase: TRAIN } }
            """, "net.prototxt");

        CaffeInput input = Assert.Single(net.Inputs);
        Assert.Equal("data", input.Name);
        Assert.Equal([1, 3, 5, 7], input.Dimensions);
        Assert.Equal(["Convolution", "SoftmaxWithLoss"], net.Layers.Select(l => l.Type));
        Assert.Equal([new CaffeParameterSpec("shared", 1, 1), new CaffeParameterSpec("", 2, 0)], net.Layers[0].Parameters);
        Assert.Equal(CaffeParameterSpec.Usual, net.Layers[0].Parameter(2));
        Assert.Equal([0.3f], net.Layers[1].LossWeights);
        Assert.False(net.Layers[1].IsIn(CaffePhase.Test));
    }

    [Fact]
    public void Inputs_have_one_shape_each()
    {
        const string Layer = """ layer { name: "r" type: "ReLU" bottom: "a" top: "a" }""";
        CaffeNetDefinition net = CaffeNetDefinition.Parse("input: 'a' input: 'b' input_shape { dim: [1, 2] } input_shape { dim: 3 dim: 4 }" + Layer, "n");

        Assert.Equal([[1, 2], [3, 4]], net.Inputs.Select(i => i.Dimensions.ToArray()));
        Refuses("input: 'a' input_dim: 1" + Layer, "input_dim for each of 1 inputs");
        Refuses("input: 'a' input: 'b' input_shape { dim: 1 }" + Layer, "input_dim for each of 2 inputs");
    }

    [Theory]
    [InlineData("name: 'empty'", "found none")]
    [InlineData("layers { type: CONVOLUTIN }", "'CONVOLUTIN'")]
    [InlineData("layers { name: 'x' }", "'NONE'")]
    [InlineData("layer: 'x'", "expected a message")]
    [InlineData("layer { include { phase: DEPLOY } }", "'DEPLOY'")]
    [InlineData("layer { param { lr_mul: 1 } }", "'lr_mul'")]
    [InlineData("layer { } lay { }", "'lay'")]
    [InlineData("net: 'x.prototxt' base_lr: 1", "'net'")]
    public void What_is_no_definition_is_refused(string text, string problem) => Refuses(text, problem);

    [Theory]
    [InlineData("base_lr: 1", "'net' or 'train_net'")]
    [InlineData("net: 'x' base_lr: 'fast'", "'base_lr'")]
    [InlineData("net: 'x' bse_lr: 1", "'bse_lr'")]
    [InlineData("net: 'x' max_iter: 1 max_iter: 2", "twice")]
    public void What_is_no_solver_is_refused(string text, string problem)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => CaffeSolver.Parse(text, "solver.prototxt"));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }

    private static void Refuses(string text, string problem)
    {
        FcnSharpException error = Assert.Throws<FcnSharpException>(() => CaffeNetDefinition.Parse(text, "net.prototxt"));
        Assert.StartsWith("net.prototxt:1:", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        FormatAssert.AssertOneLine(error.Message);
    }
}
