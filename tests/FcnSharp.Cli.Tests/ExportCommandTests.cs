using System.Text.Json;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Models;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Cli.Tests;

/// <summary>`fcn export`: what it writes, says and refuses.</summary>
public sealed class ExportCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_model_becomes_a_file_that_names_its_classes()
    {
        WriteModel("mini.safetensors");

        CapturedTerminal terminal = Run(0, "--model", _temp["mini.safetensors"], "--out", _temp["mini.onnx"], "--opset", "17", "--argmax", "--with-preprocessing", "--json");

        JsonElement json = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal("mini-fcn8s", json.GetProperty("net").GetString());
        Assert.Equal(17, json.GetProperty("opset").GetInt32());
        Assert.Equal(new FileInfo(_temp["mini.onnx"]).Length, json.GetProperty("bytes").GetInt64());
        Assert.Equal("classes: [N, H, W]", json.GetProperty("output").GetString());
        string text = File.ReadAllText(_temp["mini.onnx"]);
        Assert.Contains("{\"classes\":[{\"name\":\"kerb\",\"color\":\"#01fe03\"}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mini.onnx", "12", 2, "--opset needs a whole number from 13 to 21, found '12'")]
    [InlineData("mini.pb", "13", 2, "--out needs a name that ends in .onnx, found")]
    [InlineData("missing/mini.onnx", "13", 1, "mini.onnx: the file could not be written")]
    public void What_cannot_be_done_is_told_in_a_line(string file, string opset, int exitCode, string message)
    {
        WriteModel("mini.safetensors");

        CapturedTerminal terminal = Run(exitCode, "--model", _temp["mini.safetensors"], "--out", _temp[file], "--opset", opset);

        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_temp[file]));
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused()
    {
        File.WriteAllText(_temp["x.safetensors"], "no model");

        CapturedTerminal terminal = Run(1, "--model", _temp["x.safetensors"], "--out", _temp["x.onnx"]);

        Assert.Contains("x.safetensors", terminal.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_temp["x.onnx"]));
    }

    private static CapturedTerminal Run(int exitCode, params string[] args)
    {
        CapturedTerminal terminal = new();
        Assert.Equal(exitCode, terminal.Run(["export", .. args]));
        return terminal;
    }

    private void WriteModel(string file)
    {
        var options = new NetOptions { Classes = 2 };
        using var device = NetFixtures.Device("reference");
        using var network = new Network(Catalogue.Build("mini-fcn8s", options), device);
        network.Initialize(seed: 1);
        var description = new ModelDescription(
            new ModelArchitecture("mini-fcn8s", options.ToStrings()), [new ClassInfo("kerb", 1, 254, 3), new ClassInfo("lane", 9, 9, 9)], Catalogue.Get("mini-fcn8s").Preprocessing!);
        ModelFile.Save(_temp[file], description, [.. network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
    }
}
