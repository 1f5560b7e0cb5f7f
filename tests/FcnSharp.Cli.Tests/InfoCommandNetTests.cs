using System.Globalization;
using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Formats.Numpy;
using FcnSharp.Models;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn info NET` and `fcn info FILE`.</summary>
public sealed class InfoCommandNetTests
{
    [Fact]
    public void Every_net_is_described()
    {
        foreach (string name in Catalogue.Names)
        {
            CapturedTerminal terminal = new();

            Assert.True(terminal.Run("info", name) == 0, terminal.Error);

            Assert.StartsWith("layer ", terminal.Output, StringComparison.Ordinal);
            Assert.Matches($"(?m)^net +{name}$", terminal.Output);
            Assert.Equal("", terminal.Error);
        }
    }

    [Fact]
    public void Text_shows_layers_and_totals()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("info", "fcn32s-vgg16", "--size", "500x375", "--padding", "reference"));

        Assert.Matches(@"(?m)^fc6 +Conv2d +1x4096x16x12 +102,764,544 +404 +32 +19,730,006,016 +3\.15 MB$", terminal.Output);
        Assert.Matches(@"(?m)^upscore +ConvTranspose2d +1x21x544x416 +1,806,336 ", terminal.Output);
        Assert.Matches(@"(?m)^score +Crop +1x21x500x375 +- +", terminal.Output);
        Assert.Matches(@"(?m)^parameters +136,152,917, 1,806,336 of them for upsampling$", terminal.Output);
        Assert.Matches(@"(?m)^convolutions +16, 16 deep$", terminal.Output);
        Assert.Matches(@"(?m)^receptive field +404 at stride 32$", terminal.Output);
        Assert.Matches(@"(?m)^input +BGR, mean 104\.00699 116\.66877 122\.67892, scale 1 1 1$", terminal.Output);
        Assert.Matches(@"(?m)^held at once +.*, in training ", terminal.Output);
        Assert.All(terminal.Output.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void A_narrow_terminal_gets_rounded_numbers()
    {
        CapturedTerminal terminal = new(outputWidth: 80);

        Assert.Equal(0, terminal.Run("info", "fcn8s-vgg16", "--size", "500x375"));

        Assert.All(terminal.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Matches(@"(?m)^layer +kind +output +params +field +stride +macs +memory$", terminal.Output);
        Assert.Matches(@"(?m)^fc6 +Conv2d +1x4096x16x12 +103M +404 +32 +19\.7G +3\.15 MB$", terminal.Output);
        Assert.Matches(@"(?m)^upscore2 +ConvTranspose2d +1x21x32x24 +7\.06k +436 +16 +1\.35M +64\.5 kB$", terminal.Output);
        Assert.Matches(@"(?m)^parameters +134,489,759, ", terminal.Output);
    }

    [Fact]
    public void Json_has_the_same_numbers()
    {
        CapturedTerminal terminal = new();

        Assert.Equal(0, terminal.Run("info", "fcn8s-googlenet", "--size", "480x360", "--classes", "11", "--json"));

        JsonElement info = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal("fcn8s-googlenet", info.GetProperty("name").GetString());
        Assert.Equal([1, 3, 480, 360], info.GetProperty("input").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal("11", info.GetProperty("options").GetProperty("classes").GetString());
        Assert.Equal("BGR", info.GetProperty("preprocessing").GetProperty("order").GetString());
        JsonElement first = info.GetProperty("layers")[0];
        Assert.Equal("conv1/7x7_s2", first.GetProperty("name").GetString());
        Assert.Equal([1, 64, 240, 180], first.GetProperty("output").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal(9472, first.GetProperty("parameters").GetInt64());
        Assert.Equal(7, first.GetProperty("receptiveField").GetDouble());
        Assert.Equal(64L * 240 * 180 * 147, first.GetProperty("multiplyAdds").GetInt64());
        Assert.Equal(715, info.GetProperty("receptiveField").GetDouble());
        Assert.Equal(info.GetProperty("layers").EnumerateArray().Sum(l => l.GetProperty("multiplyAdds").GetInt64()), info.GetProperty("multiplyAdds").GetInt64());
        Assert.Equal(JsonValueKind.Null, info.GetProperty("file").ValueKind);
    }

    [Fact]
    public void A_model_file_is_described_with_its_classes()
    {
        using var folder = new TempFolder();
        string path = folder["model.safetensors"];
        var options = new NetOptions { Classes = 2 };
        var description = new ModelDescription(new ModelArchitecture("mini-fcn8s", options.ToStrings()), [new("sky", 1, 2, 3), new("sea", 4, 5, 6)], new Preprocessing(ChannelOrder.Rgb, [1, 2, 3], 0.5f))
        {
            Metrics = new ModelMetrics(0.9, double.NaN, 0.8, 0.7, [0.8, double.NaN]),
        };
        ModelFile.Save(path, description, [new NamedTensor("unread", new Tensor(new Shape(1)))]);
        CapturedTerminal text = new();
        CapturedTerminal json = new();

        Assert.True(text.Run("info", path, "--size", "31x7") == 0, text.Error);
        Assert.Equal(0, json.Run("info", path, "--json"));

        Assert.Matches("(?m)^classes +sky, sea$", text.Output);
        Assert.Matches("(?m)^image +1x3x31x7$", text.Output);
        Assert.Matches(@"(?m)^input +RGB, mean 1 2 3, scale 0\.5 0\.5 0\.5$", text.Output);
        Assert.Matches(@"(?m)^metrics +80\.0 mean IU, 90\.0 pixel accuracy$", text.Output);
        JsonElement info = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal(path, info.GetProperty("file").GetString());
        Assert.Equal(["sky", "sea"], info.GetProperty("classNames").EnumerateArray().Select(c => c.GetString()));
    }

    [Theory]
    [InlineData(".safetensors", "safetensors")]
    [InlineData(".npz", "NumPy, npz")]
    [InlineData(".caffemodel", "Caffe")]
    public void Foreign_weights_are_described_with_the_nets_that_they_fit(string extension, string format)
    {
        using var folder = new TempFolder();
        string path = folder["weights" + extension];
        NamedTensor[] tensors = [.. Catalogue.Build("lenet", new NetOptions { Classes = 10 }).Parameters.Select(p => new NamedTensor(p.Name, new Tensor(p.Shape)))];
        NpzWriter.Write(folder["source.npz"], tensors);
        WeightConverter.Convert(folder["source.npz"], path);
        CapturedTerminal text = new();
        CapturedTerminal json = new();

        Assert.True(text.Run("info", path) == 0, text.Error);
        Assert.True(json.Run("info", path, "--json") == 0, json.Error);

        Assert.Matches("(?m)^tensor +type +shape$", text.Output);
        Assert.Matches("(?m)^conv1.weight +F32 +20x1x5x5$", text.Output);
        Assert.Contains($"\nformat      {format}, ", text.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^tensors +8, 431,080 numbers$", text.Output);
        Assert.Matches("(?m)^fits +lenet, 10 classes, named as Caffe does$", text.Output);
        JsonElement info = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal("lenet", info.GetProperty("fits")[0].GetProperty("net").GetString());
        Assert.Equal([20, 1, 5, 5], info.GetProperty("tensors")[0].GetProperty("shape").EnumerateArray().Select(v => v.GetInt32()));
    }

    [Fact]
    public void Weights_of_an_FCN_fit_it_and_start_a_finer_one_and_others_fit_none()
    {
        using var folder = new TempFolder();
        var options = new NetOptions { Classes = 5, Kernels = UpsamplingKernels.PerClass };
        NamedTensor[] tensors = [.. Catalogue.Build("fcn16s-squeezenet1.1", options).Parameters.Select(p => new NamedTensor(p.Name, new Tensor(p.Shape))), new("extra", new Tensor(new Shape(1)))];
        NpzWriter.Write(folder["fcn.npz"], tensors);
        NpzWriter.Write(folder["odd.npz"], [new NamedTensor("a.b", new Tensor(new Shape(2, 3)))]);
        CapturedTerminal fcn = new();
        CapturedTerminal odd = new();
        CapturedTerminal sized = new();

        Assert.True(fcn.Run("info", folder["fcn.npz"]) == 0, fcn.Error);
        Assert.True(odd.Run("info", folder["odd.npz"]) == 0, odd.Error);
        Assert.Equal(2, sized.Run("info", folder["odd.npz"], "--size", "10x10"));

        Assert.Matches("(?m)^fits +fcn16s-squeezenet1.1, 5 classes, per-class kernels, named as Caffe does, 1 tensors unused$", fcn.Output);
        Assert.Matches("(?m)^starts +.*fcn8s-squeezenet1.1.* \\(fcn convert --net\\)$", fcn.Output);
        Assert.Matches("(?m)^a.b +F32 +2x3$", odd.Output);
        Assert.Matches("(?m)^fits +no net of the catalogue$", odd.Output);
        Assert.Contains("this is a file of weights", Assert.Single(sized.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "neither a model file nor a net; there is alexnet, fcn", "info", "fcn9s")]
    [InlineData(1, "layer fc6", "info", "vgg16", "--size", "10x10")]
    [InlineData(1, "2 to 255 classes, found 300", "info", "fcn8s-vgg16", "--classes", "300")]
    [InlineData(2, "--size needs height and width", "info", "vgg16", "--size", "10")]
    [InlineData(2, "--size needs height and width", "info", "vgg16", "--size", "0x5")]
    [InlineData(2, "--size needs height and width", "info", "vgg16", "--size", "99999999999x5")]
    [InlineData(2, "tight or reference, found 'none'", "info", "vgg16", "--padding", "none")]
    [InlineData(2, "--size, --classes and --padding are of a net", "info", "--size", "10x10")]
    [InlineData(2, "--size, --classes and --padding are of a net", "info", "--classes", "3")]
    [InlineData(2, "unknown option '--sise'", "info", "--sise")]
    public void Wrong_words_get_one_line(int exitCode, string expected, params string[] args)
    {
        CapturedTerminal terminal = new();

        Assert.Equal(exitCode, terminal.Run(args));

        Assert.Contains(expected, Assert.Single(terminal.ErrorLines), StringComparison.Ordinal);
        Assert.Equal("", terminal.Output);
    }

    [Fact]
    public void Output_is_the_same_under_a_culture_with_other_numbers()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CapturedTerminal expected = new();
        CapturedTerminal german = new();
        expected.Run("info", "fcn8s-googlenet");
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            german.Run("info", "fcn8s-googlenet");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Equal(expected.Output, german.Output);
    }
}
