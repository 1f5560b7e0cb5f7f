using FcnSharp.Formats.Caffe;
using FcnSharp.Models;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Operations;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class RecipeTests
{
    /// <summary>The reference's own solvers, as it has published them.</summary>
    [Theory]
    [InlineData("heavy", "fcn32s-vgg16", "voc-fcn32s")]
    [InlineData("heavy", "fcn16s-vgg16", "voc-fcn16s")]
    [InlineData("heavy", "fcn8s-vgg16", "voc-fcn8s")]
    [InlineData("at-once", "fcn8s-atonce-vgg16", "voc-fcn8s-atonce")]
    [InlineData("accumulated", "fcn32s-alexnet", "voc-fcn-alexnet")]
    public void The_references_recipes_are_its_solvers(string name, string net, string published)
    {
        CaffeSolver solver = CaffeSolver.Read(SharedData.PathOrSkip($"prototxt/{published}/solver.prototxt"));
        Recipe recipe = Recipe.Get(name);
        TrainingOptions options = recipe.Options;

        Assert.Equal(solver.BaseLearningRate, recipe.LearningRateFor(net));
        Assert.Equal(solver.Momentum, options.Momentum);
        Assert.Equal(solver.WeightDecay, options.WeightDecay);
        Assert.Equal(solver.BatchesPerStep, options.AccumulatedBatches);
        Assert.Equal(solver.Steps, options.Steps);
        Assert.Equal("fixed", solver.LearningRatePolicy);
        Assert.Equal(0, options.PolyPower);
        Assert.Equal((1, Sampling.WithReplacement, BorderPadding.Reference), (options.BatchSize, options.Sampling, recipe.Padding));
        Assert.True(options.Augmentation.IsNone && !options.Mirror);
    }

    [Theory]
    [InlineData("heavy", LossReduction.Sum)]
    [InlineData("at-once", LossReduction.Sum)]
    [InlineData("accumulated", LossReduction.Mean)]
    [InlineData("cvpr", LossReduction.Mean)]
    [InlineData("modern", LossReduction.Mean)]
    public void Rates_belong_to_their_loss(string name, LossReduction loss) => Assert.Equal(loss, Recipe.Get(name).Loss);

    [Theory]
    [InlineData("fcn32s-alexnet", 1e-3f)]
    [InlineData("fcn8s-vgg16", 1e-4f)]
    [InlineData("fcn8s-googlenet", 5e-5f)]
    public void The_papers_text_has_a_rate_for_each_trunk(string net, float rate)
    {
        Recipe recipe = Recipe.Get("cvpr");
        Assert.Equal(rate, recipe.LearningRateFor(net));
        Assert.Equal((20, 0.9f, 175), (recipe.Options.ImagesPerStep, recipe.Options.Momentum, recipe.Epochs));
    }

    [Fact]
    public void Every_recipe_is_within_its_ranges() => Assert.All(Recipe.All, r => r.Options.Validate());

    [Fact]
    public void Stages_go_from_coarse_to_fine()
    {
        Assert.Equal(["fcn32s-vgg16", "fcn16s-vgg16", "fcn8s-vgg16"], Recipe.StagesTo("fcn8s-vgg16"));
        Assert.Equal(["fcn16s-squeezenet1.1", "fcn8s-squeezenet1.1"], Recipe.StagesTo("fcn8s-squeezenet1.1"));
        Assert.Equal(["mini-fcn8s"], Recipe.StagesTo("mini-fcn8s"));
    }

    [Fact]
    public void An_unknown_recipe_is_one_line_with_those_there_are()
    {
        var e = Assert.Throws<FcnSharpException>(() => Recipe.Get("light"));
        Assert.Contains("\"light\"", e.Message, StringComparison.Ordinal);
        Assert.Contains("modern, heavy", e.Message, StringComparison.Ordinal);
    }
}
