using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class ParameterRuleTests
{
    [Theory]
    [InlineData("score_*=10", "score_*", 10, 1)]
    [InlineData("conv1_1.bias=2/0", "conv1_1.bias", 2, 0)]
    [InlineData("a=b=0.5/0.25", "a=b", 0.5, 0.25)]
    public void Texts_are_read(string text, string pattern, float rate, float decay) =>
        Assert.Equal(new ParameterRule(pattern, rate, decay), ParameterRule.Parse(text));

    [Theory]
    [InlineData("score")]
    [InlineData("=3")]
    [InlineData("score=")]
    [InlineData("score=-1")]
    [InlineData("score=1/2/3")]
    [InlineData("score=NaN")]
    public void What_is_no_rule_is_none(string text) => Assert.Null(ParameterRule.Parse(text));

    [Fact]
    public void A_rule_multiplies_what_the_net_gives()
    {
        NetGraph graph = Net();
        ParameterRule.Apply(graph, [new ParameterRule("conv1_*", 3, 0.5f), new ParameterRule("*.bias", 2)]);

        Assert.Equal((3, 0.5f), Multipliers(graph, "conv1_1.weight"));
        Assert.Equal((12, 0), Multipliers(graph, "conv1_1.bias"));
        Assert.Equal((1, 1), Multipliers(graph, "fc6.weight"));
        Assert.Equal((4, 0), Multipliers(graph, "fc6.bias"));
    }

    [Fact]
    public void A_frozen_backbone_leaves_the_scores_and_their_upsampling()
    {
        NetGraph graph = Net();
        ParameterRule.Apply(graph, ParameterRule.FrozenBackbone(graph));

        Assert.All(graph.Parameters, p => Assert.Equal(p.Name.Contains("score", StringComparison.Ordinal), p.IsTrainable));
        Assert.Contains(graph.Parameters, p => p.IsTrainable);
    }

    [Fact]
    public void A_rule_that_fits_nothing_is_an_error()
    {
        var e = Assert.Throws<FcnSharpException>(() => ParameterRule.Apply(Net(), [new ParameterRule("convolution*", 3)]));
        Assert.Contains("\"convolution*\"", e.Message, StringComparison.Ordinal);
    }

    private static NetGraph Net() => Catalogue.Build("mini-fcn8s", new NetOptions { Classes = 3 });

    private static (float Rate, float Decay) Multipliers(NetGraph graph, string name) =>
        graph.Parameters.Where(p => p.Name == name).Select(p => (p.LearningRateMultiplier, p.DecayMultiplier)).Single();
}
