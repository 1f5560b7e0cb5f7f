using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

public class AnswerTests
{
    private const int ColorTypeAt = 25;

    private static readonly RgbImage Image = TestImages.Scene(61, 47).Image;

    [Fact]
    public async Task Classes_are_those_of_the_segmenter()
    {
        await using RunningServer server = await RunningServer.Start();

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene());

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("mini", answer.Headers.GetValues("Fcn-Model").Single());
        Assert.Matches("^queue;dur=[0-9.]+, decode;dur=[0-9.]+, compute;dur=[0-9.]+, encode;dur=[0-9.]+$", answer.Headers.GetValues("Server-Timing").Single());
        JsonElement json = await answer.Json();
        Assert.Equal(("mini", 61, 47), (json.GetProperty("model").GetString(), json.GetProperty("width").GetInt32(), json.GetProperty("height").GetInt32()));
        Assert.Equal(["model", "width", "height", "classes", "milliseconds"], json.EnumerateObject().Select(p => p.Name));
        Assert.All(json.GetProperty("milliseconds").EnumerateObject(), p => Assert.True(p.Value.GetDouble() >= 0));
        Assert.True(json.GetProperty("milliseconds").GetProperty("compute").GetDouble() > 0);

        IReadOnlyList<ClassArea> expected = server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken).Areas();
        Assert.True(expected.Count > 1, "the test needs a net that sees more than one class");
        JsonElement[] found = [.. json.GetProperty("classes").EnumerateArray()];
        Assert.Equal(expected.Select(a => (a.Index, a.Class.Name, a.Pixels)), found.Select(a => (a.GetProperty("id").GetInt32(), a.GetProperty("name").GetString()!, a.GetProperty("pixels").GetInt32())));
        Assert.Equal(expected.Select(a => $"#{a.Class.R:x2}{a.Class.G:x2}{a.Class.B:x2}"), found.Select(a => a.GetProperty("color").GetString()));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Share, pair.Second.GetProperty("share").GetDouble(), 6));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Confidence!.Value, pair.Second.GetProperty("confidence").GetDouble(), 4));
    }

    [Fact]
    public async Task Parts_are_included_as_asked_for()
    {
        await using RunningServer server = await RunningServer.Start();
        Segmentation expected = server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken);

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), "?include=mask,overlay,confidence,rle,polygons&opacity=0.25");

        JsonElement json = await answer.Json();
        Assert.Equal(expected.Map.Labels, Answers.Labels(json.Picture("mask")).Labels);
        Assert.Equal(expected.Overlay(Image, 0.25).Pixels, ImageReader.Default.Read(json.Picture("overlay")).Pixels);
        Assert.Equal(expected.Confidence.ToArray().Select(c => (ushort)MathF.Round(255 * c)), Answers.Labels(json.Picture("confidence")).Labels);
        Assert.Equal(expected.Map.Labels, Unpack(json.GetProperty("rle")));
        AssertEqual(expected.Polygons(), json.GetProperty("polygons"));
    }

    [Fact]
    public async Task Polygons_may_be_fewer_and_simpler()
    {
        await using RunningServer server = await RunningServer.Start();
        PolygonOptions options = new() { MinPixels = 10, Tolerance = 1.5 };
        Segmentation segmentation = server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken);
        Assert.NotEqual(segmentation.Polygons().Sum(p => p.Exterior.Count), segmentation.Polygons(options).Sum(p => p.Exterior.Count));

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), "?include=polygons&minPixels=10&tolerance=1.5");

        AssertEqual(segmentation.Polygons(options), (await answer.Json()).GetProperty("polygons"));
    }

    [Theory]
    [InlineData("image/png", "")]
    [InlineData("image/png;view=mask", "")]
    [InlineData("image/*", "?model=mini")]
    [InlineData("*/*", "?view=mask")]
    [InlineData(null, "?view=mask")]
    public async Task A_mask_has_the_classes_and_their_colours(string? accept, string query)
    {
        await using RunningServer server = await RunningServer.Start();

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), query, accept);

        byte[] png = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken).Map.Labels, (await answer.Labels()).Labels);
        Assert.Equal((byte)PngColorType.Palette, png[ColorTypeAt]);
    }

    [Theory]
    [InlineData("image/png; view=overlay", "?opacity=0.5")]
    [InlineData("image/png", "?view=overlay&opacity=0.5")]
    public async Task An_overlay_blends_the_image_with_the_colours(string accept, string query)
    {
        await using RunningServer server = await RunningServer.Start();

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), query, accept);

        RgbImage found = ImageReader.Default.Read(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken).Overlay(Image, 0.5).Pixels, found.Pixels);
    }

    [Fact]
    public async Task Confidence_is_grey()
    {
        await using RunningServer server = await RunningServer.Start();

        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), "?view=confidence");

        float[] expected = server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken).Confidence.ToArray();
        Assert.Equal(expected.Select(c => (ushort)MathF.Round(255 * c)), (await answer.Labels()).Labels);
    }

    [Fact]
    public async Task Jpeg_and_webp_are_told_by_their_content_and_turned_upright()
    {
        Codecs.Need(NativeCodec.TurboJpeg);
        Codecs.Need(NativeCodec.WebP);
        await using RunningServer server = await RunningServer.Start();
        byte[] jpeg = Codecs.WithOrientation(Codecs.Jpeg(Image), 6);
        byte[] webp = Codecs.WebP(Image);

        using HttpResponseMessage turned = await server.Post(jpeg, "?view=mask");
        using HttpResponseMessage lossless = await server.Post(webp, "?view=mask");

        LabelMap labels = await turned.Labels();
        Assert.Equal((47, 61), (labels.Width, labels.Height));
        Assert.Equal(server.Segmenter.Segment(jpeg, cancellation: TestContext.Current.CancellationToken).Map.Labels, labels.Labels);
        Assert.Equal(server.Segmenter.Segment(Image, cancellation: TestContext.Current.CancellationToken).Map.Labels, (await lossless.Labels()).Labels);
    }

    [Fact]
    public async Task An_image_that_needs_more_memory_than_there_is_at_once_is_computed_in_tiles()
    {
        // At once the net needs about 200 MB for it.
        await using RunningServer server = await RunningServer.Start(memoryBudget: 100_000_000);
        byte[] file = RunningServer.Scene(1200, 900);
        Assert.Throws<Tensors.FcnSharpException>(() => server.Segmenter.Segment(file, cancellation: TestContext.Current.CancellationToken));

        using HttpResponseMessage answer = await server.Post(file, "?include=mask");

        LabelMap labels = Answers.Labels((await answer.Json()).Picture("mask"));
        using CpuDeviceWithMemory large = new(server.ModelPath);
        LabelMap expected = large.Segmenter.Segment(file, cancellation: TestContext.Current.CancellationToken).Map;
        Assert.True(labels.Labels.Zip(expected.Labels).Count(p => p.First != p.Second) < 20);
    }

    [Fact]
    public async Task Many_different_requests_at_once_get_the_same_bits_as_alone()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { QueueLength = 100 });
        byte[][] files = [.. Enumerable.Range(0, 8).Select(i => RunningServer.Scene(40 + (9 * i), 90 - (7 * i), i))];
        LabelMap[] alone = [.. files.Select(f => server.Segmenter.Segment(f, cancellation: TestContext.Current.CancellationToken).Map)];

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            string query = i % 3 == 0 ? "?include=mask" : "?view=mask";
            using HttpResponseMessage answer = i % 2 == 0 ? await server.Post(files[i % 8], query) : await server.Send(RunningServer.Form(files[i % 8]), query);
            LabelMap labels = i % 3 == 0 ? Answers.Labels((await answer.Json()).Picture("mask")) : await answer.Labels();
            Assert.Equal(alone[i % 8].Labels, labels.Labels);
        }));

        Assert.Equal(64, await server.Metric("fcn_segmentations_total{model=\"mini\",outcome=\"done\"}"));
        Assert.Equal(0, await server.Metric("fcn_held_bytes"));
        Assert.Equal(0, await server.Metric("fcn_queue_length"));
    }

    private static ushort[] Unpack(JsonElement rle)
    {
        Assert.Equal("row-major", rle.GetProperty("order").GetString());
        int[] classes = [.. rle.GetProperty("counts").EnumerateArray().Select(run => run[0].GetInt32())];
        Assert.All(classes.Zip(classes.Skip(1)), pair => Assert.True(pair.First != pair.Second, "runs are as long as they can be"));
        return [.. rle.GetProperty("counts").EnumerateArray().SelectMany(run => Enumerable.Repeat((ushort)run[0].GetInt32(), run[1].GetInt32()))];
    }

    private static void AssertEqual(IReadOnlyList<ClassPolygon> expected, JsonElement found)
    {
        Assert.Equal(
            expected.Select(p => $"{p.Index} {p.Pixels} {Ring(p.Exterior)} {string.Join('|', p.Holes.Select(Ring))}"),
            found.EnumerateArray().Select(p => $"{p.GetProperty("class")} {p.GetProperty("area")} {Ring(p.GetProperty("exterior"))} {string.Join('|', p.GetProperty("holes").EnumerateArray().Select(Ring))}"));
    }

    private static string Ring(IEnumerable<PixelPoint> ring) => string.Join(' ', ring.Select(p => FormattableString.Invariant($"{p.X},{p.Y}")));

    private static string Ring(JsonElement ring) => string.Join(' ', ring.EnumerateArray().Select(p => $"{p[0]},{p[1]}"));

    private sealed class CpuDeviceWithMemory(string model) : IDisposable
    {
        public Segmenter Segmenter { get; } = Segmenter.Load(model);

        public void Dispose() => Segmenter.Dispose();
    }
}
