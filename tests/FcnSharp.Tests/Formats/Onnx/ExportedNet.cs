using System.Runtime.InteropServices;
using FcnSharp.Formats;
using FcnSharp.Formats.Onnx;
using FcnSharp.Graph;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Formats.Onnx;

/// <summary>A net with random weights and its ONNX file, which ONNX's checker and ONNX Runtime are asked about.</summary>
internal sealed class ExportedNet : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly IDevice _device = NetFixtures.Device("cpu");

    public ExportedNet(NetGraph graph, OnnxOptions options, Preprocessing? preprocessing = null)
    {
        Network = new Network(graph, _device);
        NetFixtures.RandomizeAll(Network);
        Weights = new Dictionary<string, Tensor>(Network.Save());
        Description = new ModelDescription(
            new ModelArchitecture(graph.Name, new Dictionary<string, string>()),
            [.. Enumerable.Range(0, graph.Outputs["scores"].Channels).Select(i => new ClassInfo($"class {i}", (byte)i, 0, 0))],
            preprocessing ?? new Preprocessing(ChannelOrder.Rgb, [0, 0, 0]));
        Path = _folder["net.onnx"];
        Save(Path, options);
    }

    public Network Network { get; }

    public Dictionary<string, Tensor> Weights { get; }

    public ModelDescription Description { get; }

    public string Path { get; }

    public void Save(string path, OnnxOptions options) => OnnxFile.Save(path, Network.Graph, Weights, Description, options);

    /// <summary>Asserts that scores are ours, within a tolerance as share of the largest, and that the file is a valid model.</summary>
    public async Task CompareAsync(IReadOnlyList<(int Height, int Width)> sizes, double tolerance)
    {
        int channels = Network.Graph.Inputs.Single(i => i.Name == "image").Channels;
        Shape[] shapes = [.. sizes.Select((s, i) => new Shape(i == 0 ? 2 : 1, channels, s.Height, s.Width))];
        Tensor[] images = [.. shapes.Select((s, i) => NetFixtures.Random(s, FormattableString.Invariant($"image {i}")))];
        var outputs = await OnnxRuntime.RunAsync(
            Path, [.. images.Select(i => (Enumerable.Range(0, 4).Select(d => (long)i.Shape[d]).ToArray(), i.Span.ToArray()))], TestContext.Current.CancellationToken);
        for (int i = 0; i < images.Length; i++)
        {
            Tensor ours = NetFixtures.Forward(Network, "scores", ("image", images[i]));
            float[] theirs = MemoryMarshal.Cast<byte, float>(outputs[i].Data).ToArray();
            Assert.Equal([ours.Shape.N, ours.Shape.C, ours.Shape.H, ours.Shape.W], outputs[i].Shape);
            double largest = ours.Span.ToArray().Max(Math.Abs);
            Assert.True(largest > 0);
            for (int j = 0; j < theirs.Length; j++)
            {
                Assert.True(Math.Abs(theirs[j] - ours.Span[j]) <= tolerance * largest, $"{shapes[i]}: score {j} is {theirs[j]}, ours {ours.Span[j]}, the largest {largest}");
            }

            AssertClasses(ours, theirs, tolerance * largest);
        }

        await Python.RunAsync([System.IO.Path.Combine(SharedData.RepositoryRoot, "tests", "FcnSharp.Tests", "Formats", "Onnx", "check_onnx.py"), Path], "onnx", TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        Network.Dispose();
        _device.Dispose();
        _folder.Dispose();
    }

    /// <summary>The class of a pixel may differ only where our two scores lie within what both may be off.</summary>
    private static void AssertClasses(Tensor ours, float[] theirs, double bound)
    {
        Shape s = ours.Shape;
        int plane = s.H * s.W;
        for (int at = 0; at < s.N * plane; at++)
        {
            int first = at / plane * s.C * plane + at % plane;
            int our = Enumerable.Range(0, s.C).MaxBy(c => ours.Span[first + c * plane]);
            int their = Enumerable.Range(0, s.C).MaxBy(c => theirs[first + c * plane]);
            Assert.True(our == their || ours.Span[first + our * plane] - ours.Span[first + their * plane] <= 2 * bound);
        }
    }
}
