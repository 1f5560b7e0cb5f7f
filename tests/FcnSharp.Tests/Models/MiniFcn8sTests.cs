using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.Tensors.Devices;
using Xunit;

namespace FcnSharp.Tests.Models;

public class MiniFcn8sTests
{
    [Fact]
    public void Scores_have_the_size_of_the_input_for_every_size()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        (int, int)[] larger = [(32, 33), (63, 65), (95, 97), (128, 40)];
        IEnumerable<(int, int)> sizes = Enumerable.Range(1, 18).SelectMany(h => Enumerable.Range(1, 18).Select(w => (h, w)));
        foreach ((int height, int width) in sizes.Concat(larger))
        {
            CompiledNet net = network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["image"] = new(1, 3, height, width) });
            Assert.Equal(new Shape(1, 6, height, width), net.Outputs["scores"].Shape);
        }
    }

    [Fact]
    public void A_fresh_net_is_undecided_because_score_layers_start_at_zero()
    {
        using var device = new CpuDevice();
        using Network network = MiniNet.Create(device);
        CompiledNet net = network.Compile(CompileTarget.Inference("scores"), new Dictionary<string, Shape> { ["image"] = new(1, 3, 20, 31) });
        using IExecution execution = net.Plan.Begin();
        float[] image = [.. Enumerable.Range(0, 3 * 20 * 31).Select(i => MathF.Sin(i))];
        execution.Write(net.Inputs["image"], image);
        execution.Run(TestContext.Current.CancellationToken);
        var scores = new float[6 * 20 * 31];
        execution.Read(net.Outputs["scores"], scores);
        Assert.All(scores, s => Assert.Equal(0f, s));
    }

    [Theory]
    [InlineData(Upsampling.Learned)]
    [InlineData(Upsampling.Bilinear)]
    public void Upsampling_is_trainable_only_when_it_is_learned(Upsampling upsampling)
    {
        NetGraph graph = Catalogue.Build("mini-fcn8s", new NetOptions { Classes = 4, Upsampling = upsampling });
        Assert.All(
            graph.Parameters.Where(p => p.Name.StartsWith("upscore", StringComparison.Ordinal)),
            p => Assert.Equal(upsampling == Upsampling.Learned, p.IsTrainable));
    }

    [Fact]
    public void Options_survive_the_way_through_text()
    {
        var options = new NetOptions { Classes = 7, Upsampling = Upsampling.Bilinear, IgnoreIndex = 11, Kernels = UpsamplingKernels.PerClass, Padding = BorderPadding.Reference, InputChannels = 4 };
        Assert.Equal(options, NetOptions.Parse(options.ToStrings(), "x"));
    }

    [Fact]
    public void Options_that_came_later_may_be_missing_and_are_written_only_where_they_differ()
    {
        var old = new Dictionary<string, string> { ["classes"] = "6", ["upsampling"] = "learned", ["ignoreIndex"] = "255" };
        Assert.Equal(new NetOptions { Classes = 6 }, NetOptions.Parse(old, "x"));
        Assert.Equal(old, new NetOptions { Classes = 6 }.ToStrings());
    }

    [Theory]
    [InlineData("classes", "six", "whole number")]
    [InlineData("upsampling", "nearest", "learned or bilinear")]
    [InlineData("padding", "100", "tight or reference")]
    [InlineData("kernels", "some", "full or per-class")]
    [InlineData("inputChannels", "rgb", "whole number")]
    [InlineData("depth", "3", "unknown")]
    public void Options_that_are_not_understood_are_named(string name, string value, string expected)
    {
        var values = new Dictionary<string, string>(new NetOptions { Classes = 3 }.ToStrings()) { [name] = value };
        var e = Assert.Throws<FcnSharpException>(() => NetOptions.Parse(values, "some.safetensors"));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("some.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    public void The_number_of_classes_has_bounds(int classes) =>
        Assert.Contains("2 to 255", Assert.Throws<FcnSharpException>(() => Catalogue.Build("mini-fcn8s", new NetOptions { Classes = classes })).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_net_is_answered_with_the_known_ones() =>
        Assert.Contains("mini-fcn8s", Assert.Throws<FcnSharpException>(() => Catalogue.Build("fcn9s", new NetOptions { Classes = 3 })).Message, StringComparison.Ordinal);
}
