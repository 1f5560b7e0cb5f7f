using System.Globalization;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Server.Tests.Page;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FcnSharp.Server.Tests.Examples;

/// <summary>The page of examples/browser: an exported model computed by the browser itself.</summary>
public sealed class BrowserExampleTests(Browser browser, ExampleSite site) : IClassFixture<ExampleSite>
{
    /// <summary>Near ties of two scores fall to the other class where sums are added in another order.</summary>
    private const double MostDifferent = 0.001;

    private static readonly byte[] Scene = PngFile.EncodeRgb(TestImages.Scene(61, 47).Image);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_class_map_is_that_of_the_segmenter(bool threads)
    {
        ExampleSite.NeedRuntime();
        byte[] image = Street();
        using CpuDevice device = new();
        using Segmenter segmenter = Segmenter.Load(ExampleSite.ShippedModel, device);
        Segmentation expected = segmenter.Segment(image, cancellation: TestContext.Current.CancellationToken);
        using WebServer server = ExampleSite.Serve(site.Shipped, isolate: threads);
        await using Visit visit = await Open(server);
        await Expect(visit["#status"]).ToContainTextAsync("Ready: 11 classes");
        int processors = await visit.Page.EvaluateAsync<int>("() => navigator.hardwareConcurrency");
        string backend = threads && processors > 1 ? $"{Math.Min(8, processors)} threads" : "1 thread";
        await Expect(visit["#status"]).ToContainTextAsync($"computed by WebAssembly with SIMD, {backend}.");

        ushort[] map = await Segment(visit, "street.png", image);

        int different = map.Zip(expected.Map.Labels).Count(pair => pair.First != pair.Second);
        Assert.Equal(expected.Map.Labels.Length, map.Length);
        Assert.True(different < MostDifferent * map.Length, $"{different} of {map.Length} pixels have another class");
        TestContext.Current.SendDiagnosticMessage("{0} of {1} pixels have another class; {2}", different, map.Length, await visit["#facts"].InnerTextAsync());
        await AssertShown(visit, expected, map);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_large_image_is_made_smaller()
    {
        ExampleSite.NeedRuntime();
        using WebServer server = ExampleSite.Serve(site.SmallNet);
        await using Visit visit = await Open(server);

        ushort[] map = await Segment(visit, "large.png", PngFile.EncodeRgb(TestImages.Smooth(2000, 1000)));

        Assert.Equal(1414 * 707, map.Length);
        await Expect(visit["#facts"]).ToContainTextAsync("large.png: 2000 × 1000 pixels, computed at 1414 × 707, ");
        visit.AssertClean();
    }

    [Fact]
    public async Task What_is_no_image_is_told_and_the_next_one_works()
    {
        ExampleSite.NeedRuntime();
        using WebServer server = ExampleSite.Serve(site.SmallNet);
        await using Visit visit = await Open(server);
        await Expect(visit["#choose"]).ToBeEnabledAsync();

        await visit.Drop("notes.txt", "Dear diary, today I trained a net."u8.ToArray(), "text/plain");
        await Expect(visit["#error"]).ToHaveTextAsync("notes.txt is no image that this browser can read; choose a PNG, JPEG or WebP.");
        await visit.Drop("broken.png", Scene[..(Scene.Length / 2)]);
        await Expect(visit["#error"]).ToHaveTextAsync("broken.png is no image that this browser can read; choose a PNG, JPEG or WebP.");

        await Segment(visit, "good.png", Scene);
        await Expect(visit["#error"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task An_image_that_comes_before_the_model_waits_for_it_and_another_way_to_compute_repeats_it()
    {
        ExampleSite.NeedRuntime();
        using WebServer server = ExampleSite.Serve(site.SmallNet);
        await using Visit visit = await New(server);
        TaskCompletionSource slow = new();
        await visit.Page.RouteAsync("**/ort-wasm-simd-threaded.wasm", async route =>
        {
            await slow.Task;
            await route.ContinueAsync();
        });
        await visit.Go();
        await Expect(visit["#status"]).ToHaveTextAsync("Loading the model…");
        await visit.Drop("early.png", Scene);
        slow.SetResult();
        await Expect(visit["#status"]).ToContainTextAsync("Segmented early.png");

        await visit.Page.EvaluateAsync("() => { document.getElementById('facts').textContent = ''; }");
        await visit["#backend"].SelectOptionAsync("wasm");
        await Expect(visit["#facts"]).ToContainTextAsync("early.png: 61 × 47 pixels");
        visit.AssertClean();
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_told_with_the_command_that_makes_it()
    {
        using WebServer server = ExampleSite.Serve(model: null);
        await using Visit visit = (await New(server)).ExpectErrors();
        await visit.Go();
        await Expect(visit["#error"]).ToHaveTextAsync(
            "model.onnx is not beside the page (the web server says 404); make it by: fcn export --model MODEL --out model.onnx --argmax --with-preprocessing");
        await Expect(visit["#choose"]).ToBeDisabledAsync();
        visit.AssertClean();
    }

    [Theory]
    [InlineData("cut", "model.onnx is broken or no ONNX model (cut short); make it anew by: fcn export")]
    [InlineData("page", "model.onnx is broken or no ONNX model (no protobuf message); make it anew by: fcn export")]
    [InlineData("empty", "model.onnx does not take images as bytes, or names no classes; make it by: fcn export")]
    [InlineData("scores", "model.onnx does not take images as bytes, or names no classes; make it by: fcn export")]
    [InlineData("damaged", "model.onnx cannot be used by WebAssembly with SIMD, 1 thread (")]
    public async Task A_model_that_is_of_no_use_is_told(string kind, string expected)
    {
        byte[] good = site.SmallNet;
        byte[] model = kind switch
        {
            "cut" => good[..(good.Length / 2)],
            "page" => "<!DOCTYPE html><title>Not found</title>"u8.ToArray(),
            "empty" => [],
            "scores" => site.Scores,
            _ => Damaged(good),
        };
        if (kind == "damaged")
        {
            ExampleSite.NeedRuntime();
        }

        using WebServer server = ExampleSite.Serve(model);
        await using Visit visit = await Open(server);

        await Expect(visit["#error"]).ToContainTextAsync(expected);
        Assert.DoesNotContain('\n', await visit["#error"].InnerTextAsync());
        await Expect(visit["#choose"]).ToBeDisabledAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_runtime_that_is_not_installed_is_told()
    {
        using WebServer server = ExampleSite.Serve(site.SmallNet, packages: false);
        await using Visit visit = (await New(server)).ExpectErrors();
        await visit.Go();
        await Expect(visit["#error"]).ToHaveTextAsync("onnxruntime-web is not beside the page; run npm install in its folder and reload.");
        visit.AssertClean();
    }

    [Theory]
    [MemberData(nameof(PageLooksTests.Windows), MemberType = typeof(PageLooksTests))]
    public async Task It_can_be_read_at_every_width_and_in_both_themes(int width, ColorScheme scheme)
    {
        ExampleSite.NeedRuntime();
        using WebServer server = ExampleSite.Serve(site.SmallNet);
        await using Visit visit = await New(server, width, scheme);
        await visit.Go();
        await Segment(visit, "street.png", Scene);
        await Looks.Check(visit);

        await visit.Drop("notes.txt", "no image"u8.ToArray(), "text/plain");
        await Expect(visit["#error"]).ToBeVisibleAsync();
        await Looks.Check(visit);
        visit.AssertClean();
    }

    private async Task<Visit> New(WebServer server, int width = 1440, ColorScheme scheme = ColorScheme.Light)
    {
        Visit visit = await browser.Open(server[""].ToString(), width, 900, scheme);
        await visit.Page.AddInitScriptAsync("document.addEventListener('segmented', event => { window.last = event.detail; });");
        return visit;
    }

    private async Task<Visit> Open(WebServer server) => await (await New(server)).Go();

    /// <summary>Drops an image and returns the class of each of its pixels as the page tells programs.</summary>
    private static async Task<ushort[]> Segment(Visit visit, string name, byte[] image)
    {
        await Expect(visit["#choose"]).ToBeEnabledAsync();
        await visit.Drop(name, image);
        await visit.Page.WaitForFunctionAsync(
            "name => document.getElementById('status').textContent.startsWith(`Segmented ${name} in `) || !document.getElementById('error').hidden", name, new() { Timeout = 60_000 });
        await Expect(visit["#error"]).ToBeHiddenAsync();
        string map = await visit.Page.EvaluateAsync<string>("() => Array.from(window.last.map, id => String.fromCharCode(65 + id)).join('')");
        return [.. map.Select(c => (ushort)(c - 'A'))];
    }

    /// <summary>The overlay has the colours of the map, the legend its classes and their shares.</summary>
    private static async Task AssertShown(Visit visit, Segmentation expected, ushort[] map)
    {
        int[] colors = await visit.Page.EvaluateAsync<int[]>(
            """
            () => {
              const canvas = document.getElementById("overlay");
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return Array.from({ length: canvas.width * canvas.height }, (_, i) => data[4 * i] << 16 | data[4 * i + 1] << 8 | data[4 * i + 2]);
            }
            """);
        Assert.Equal(map.Select(id => expected.Classes[id]).Select(c => (c.R << 16) | (c.G << 8) | c.B), colors);

        IEnumerable<string> legend = map.GroupBy(id => id).OrderByDescending(g => g.Count()).ThenBy(g => g.Key)
            .Select(g => expected.Classes[g.Key].Name + Share(100.0 * g.Count() / map.Length));
        Assert.Equal(legend, await visit["#legend li"].AllTextContentsAsync());

        static string Share(double percent) =>
            percent < 0.05 ? "< 0.1 %" : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(percent, 1, MidpointRounding.AwayFromZero):0.0} %");
    }

    /// <summary>The nodes of the graph, which come first in it, are overwritten; what stands before the graph is whole.</summary>
    private static byte[] Damaged(byte[] good)
    {
        byte[] damaged = (byte[])good.Clone();
        int first = damaged.AsSpan().IndexOf("Transpose"u8);
        damaged.AsSpan(first - 40, 200).Fill(0xff);
        return damaged;
    }

    /// <summary>A street where the reference data is, else a drawn scene of the same size.</summary>
    private static byte[] Street()
    {
        string folder = Path.GetFullPath(Path.Combine(SharedData.RepositoryRoot, "..", "shared", "data", "camvid", "val"));
        return Directory.Exists(folder)
            ? File.ReadAllBytes(Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).First())
            : PngFile.EncodeRgb(TestImages.Scene(480, 360).Image);
    }
}
