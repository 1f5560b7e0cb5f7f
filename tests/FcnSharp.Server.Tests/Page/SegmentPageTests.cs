using System.Text.Json;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FcnSharp.Server.Tests.Page;

/// <summary>What a user does on the page that segments images, in a real browser against a real server; in one file, as it is one page.</summary>
public sealed class SegmentPageTests(Browser browser, ReadyServer server) : IClassFixture<ReadyServer>
{
    private const int Width = 61;
    private const int Height = 47;
    private static readonly byte[] Image = PngFile.EncodeRgb(TestImages.Scene(Width, Height).Image);
    private static readonly byte[] Other = PngFile.EncodeRgb(TestImages.Scene(40, 90).Image);

    [Theory]
    [InlineData("drop")]
    [InlineData("paste")]
    public async Task A_file_that_is_given_ends_as_the_mask_of_the_api(string how)
    {
        await using Visit visit = await Open();

        await visit.Give(how, "street.png", Image);
        await visit.WaitForResult();

        (byte[] mask, string name) = await visit.Download("#download-mask");
        Assert.Equal("street.mask.png", name);
        Assert.Equal(await Ask("image/png"), mask);
        await Expect(visit["#result-name"]).ToHaveTextAsync("street.png");
        await Expect(visit["#result-facts"]).ToContainTextAsync($"{Width} × {Height} pixels");
        await Expect(visit["#times dd"]).ToHaveCountAsync(4);
        visit.AssertClean();
    }

    [Fact]
    public async Task Overlay_and_figures_are_downloaded_too()
    {
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();

        (byte[] overlay, string overlayName) = await visit.Download("#download-overlay");
        (byte[] json, string jsonName) = await visit.Download("#download-json");

        Assert.Equal(("street.overlay.png", "street.json"), (overlayName, jsonName));
        RgbImage picture = ReadPng(overlay);
        Assert.Equal((Width, Height), (picture.Width, picture.Height));
        JsonElement figures = JsonDocument.Parse(json).RootElement;
        Assert.Equal("street.png", figures.GetProperty("file").GetString());
        Assert.Equal(Width * Height, figures.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("pixels").GetInt32()));
        Assert.True(figures.TryGetProperty("polygons", out _));
        Assert.False(figures.TryGetProperty("mask", out _));
        visit.AssertClean();
    }

    [Fact]
    public async Task The_overlay_has_the_colours_of_the_mask_at_the_opacity_that_is_set()
    {
        (LabelMap mask, RgbImage image) = (await Mask(), ReadPng(Image));
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();

        foreach (int opacity in (int[])[0, 60, 100])
        {
            await visit["#opacity"].FillAsync($"{opacity}");
            (byte[] content, _) = await visit.Download("#download-overlay");
            RgbImage expected = Overlay.Blend(image, mask, Palette.Of(MiniNet.Description.Classes), opacity / 100.0);
            RgbImage found = ReadPng(content);
            Assert.All(Enumerable.Range(0, expected.Pixels.Length), i => Assert.InRange(found.Pixels[i] - expected.Pixels[i], -2, 2));
        }

        visit.AssertClean();
    }

    [Fact]
    public async Task Hovering_tells_class_confidence_and_place()
    {
        (LabelMap mask, byte[] confidence) = (await Mask(), ReadGrey(await Ask("image/png; view=confidence")));
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();

        foreach ((int x, int y) in ((int, int)[])[(3, 5), (30, 20), (60, 46)])
        {
            await visit.PointAt(x, y, Width, Height);
            await Expect(visit["#readout b"]).ToHaveTextAsync(MiniNet.Description.Classes[mask.Row(y)[x]].Name);
            double sure = Math.Round(100.0 * confidence[(y * Width) + x] / 255, MidpointRounding.AwayFromZero);
            await Expect(visit["#readout span"]).ToHaveTextAsync($"{sure} % sure · {x}, {y}");
        }

        await visit.Page.Mouse.MoveAsync(5, 5);
        await Expect(visit["#readout"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_class_is_hidden_highlighted_and_shown_again()
    {
        LabelMap mask = await Mask();
        RgbImage image = ReadPng(Image);
        int[] ids = [.. mask.Labels.Select(l => (int)l).GroupBy(l => l).OrderByDescending(g => g.Count()).Take(2).Select(g => g.Key)];
        (int X, int Y) first = Inside(mask, ids[0]);
        (int X, int Y) second = Inside(mask, ids[1]);
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult(2);
        await visit["#opacity"].FillAsync("100");

        Assert.Equal(ColorOf(ids[0]), await Color(visit, first));
        await visit[$"#class-{ids[0]}"].UncheckAsync();
        await visit.Page.Mouse.MoveAsync(5, 5);
        AssertNear(PixelOf(image, first), await Color(visit, first));
        Assert.Equal(ColorOf(ids[1]), await Color(visit, second));

        await visit["#legend-all"].ClickAsync();
        await visit[$"[data-class='{ids[1]}'] .spot"].ClickAsync();
        await visit.Page.Mouse.MoveAsync(5, 5);
        await Expect(visit[$"[data-class='{ids[1]}'] .spot"]).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.Equal(ColorOf(ids[1]), await Color(visit, second));
        Assert.NotEqual(ColorOf(ids[0]), await Color(visit, first));

        await visit["#legend-none"].ClickAsync();
        AssertNear(PixelOf(image, second), await Color(visit, second));
        visit.AssertClean();
    }

    [Fact]
    public async Task The_slider_shows_the_image_left_of_it_and_the_classes_right_of_it()
    {
        LabelMap mask = await Mask();
        RgbImage image = ReadPng(Image);
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();
        await visit["#opacity"].FillAsync("100");

        await visit["#compare"].ClickAsync();

        AssertNear(PixelOf(image, (10, 20)), await Color(visit, (10, 20)));
        Assert.Equal(ColorOf(mask.Row(20)[50]), await Color(visit, (50, 20)));
        await visit["#divider"].FocusAsync();
        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(visit["#divider"]).ToHaveAttributeAsync("aria-valuenow", "0");
        Assert.Equal(ColorOf(mask.Row(20)[10]), await Color(visit, (10, 20)));
        visit.AssertClean();
    }

    [Fact]
    public async Task The_keyboard_alone_does_it_all()
    {
        await using Visit visit = await Open();
        IKeyboard keyboard = visit.Page.Keyboard;

        // Asked for early: the browser needs a moment until it hands its dialogs over.
        TaskCompletionSource<IFileChooser> opened = new();
        visit.Page.FileChooser += (_, chooser) => opened.TrySetResult(chooser);
        await Tab(visit, "choose");
        await keyboard.PressAsync("Enter");
        IFileChooser chooser = await opened.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await chooser.SetFilesAsync((FilePayload[])[new() { Name = "a.png", MimeType = "image/png", Buffer = Image }, new() { Name = "b.png", MimeType = "image/png", Buffer = Other }]);
        await visit.WaitForResult();
        await Expect(visit["#announcer"]).ToContainTextAsync("a.png is segmented");

        await visit["body"].PressAsync("Tab");
        await Tab(visit, "canvas");
        string fitted = await visit["#zoom-value"].InnerTextAsync();
        await keyboard.PressAsync("+");
        await keyboard.PressAsync("ArrowRight");
        await Expect(visit["#zoom-value"]).Not.ToHaveTextAsync(fitted);
        await Expect(visit["#announcer"]).ToContainTextAsync("% sure");
        await Expect(visit["#readout"]).ToBeVisibleAsync();
        await keyboard.PressAsync("0");
        await Expect(visit["#zoom-value"]).ToHaveTextAsync(fitted);
        await keyboard.PressAsync("]");
        await Expect(visit["#opacity-value"]).ToHaveTextAsync("70 %");
        await keyboard.PressAsync("c");
        await Tab(visit, "divider");
        await keyboard.PressAsync("ArrowRight");
        await Expect(visit["#divider"]).ToHaveAttributeAsync("aria-valuenow", "52");

        ILocator box = visit["#legend input"].First;
        await Tab(visit, (await box.GetAttributeAsync("id"))!);
        await keyboard.PressAsync("Space");
        await Expect(box).Not.ToBeCheckedAsync();

        await visit[".thumb"].First.FocusAsync();
        await keyboard.PressAsync("ArrowRight");
        await Expect(visit["#result-name"]).ToHaveTextAsync("b.png");
        await keyboard.PressAsync("Delete");
        await Expect(visit[".thumb"]).ToHaveCountAsync(1);
        await Expect(visit["#result-name"]).ToHaveTextAsync("a.png");
        visit.AssertClean();
    }

    [Fact]
    public async Task Wheel_and_drag_zoom_and_move_about_the_pointer()
    {
        LabelMap mask = await Mask();
        await using Visit visit = await Open();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();
        await visit.PointAt(40, 30, Width, Height);

        await visit.Page.Mouse.WheelAsync(0, -600);
        await visit.Page.Mouse.WheelAsync(0, -1);

        // The pixel under the pointer stays under it.
        await visit.Page.Mouse.MoveAsync(0, 0);
        await visit.PointAt(40, 30, Width, Height);
        await Expect(visit["#readout span"]).ToContainTextAsync("· 40, 30");
        await Expect(visit["#readout b"]).ToHaveTextAsync(MiniNet.Description.Classes[mask.Row(30)[40]].Name);
        await visit.Page.Mouse.DownAsync();
        LocatorBoundingBoxResult box = (await visit["#canvas"].BoundingBoxAsync())!;
        await visit.Page.Mouse.MoveAsync(box.X + (box.Width / 2) - 200, box.Y + (box.Height / 2), new() { Steps = 4 });
        await visit.Page.Mouse.UpAsync();
        await visit.PointAt(40, 30, Width, Height);
        await Expect(visit["#readout span"]).Not.ToContainTextAsync("· 40, 30");
        visit.AssertClean();
    }

    [Fact]
    public async Task The_camera_gives_a_picture()
    {
        await using Visit visit = await Open();

        await visit["#camera-open"].ClickAsync();
        await Expect(visit["#camera-shoot"]).ToBeEnabledAsync();
        await visit["#camera-shoot"].ClickAsync();

        await visit.WaitForResult();
        await Expect(visit["#result-name"]).ToContainTextAsync("camera");
        visit.AssertClean();
    }

    [Fact]
    public async Task The_card_tells_of_the_model()
    {
        await using Visit visit = await Open();

        await Expect(visit["#model"]).ToHaveValueAsync("mini");
        await Expect(visit["#card-body"]).ToContainTextAsync("mini-fcn8s");
        await visit["#card-body summary"].ClickAsync();
        await Expect(visit["#card-body tr"]).ToHaveCountAsync(MiniNet.Description.Classes.Count);
        visit.AssertClean();
    }

    [Fact]
    public async Task Another_model_segments_the_same_image_again()
    {
        await using RunningServer two = await ReadyServer.Start(o => o with { Models = [.. o.Models, o.Models[0] with { Name = "second" }] });
        await using Visit visit = await (await browser.Open(two.Client.BaseAddress!.ToString())).Go();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();

        IRequest request = await visit.Page.RunAndWaitForRequestAsync(
            () => visit["#model"].SelectOptionAsync("second"), r => r.Url.Contains("/v1/segment", StringComparison.Ordinal));
        await Expect(visit["#status"]).ToBeHiddenAsync();

        Assert.Contains("model=second", request.Url, StringComparison.Ordinal);
        (byte[] json, _) = await visit.Download("#download-json");
        Assert.Equal("second", JsonDocument.Parse(json).RootElement.GetProperty("model").GetString());
        await Expect(visit["#card-body"]).ToContainTextAsync("second");
        visit.AssertClean();
    }

    [Fact]
    public async Task An_image_larger_than_a_canvas_may_be_is_shown_smaller_and_hovered_by_its_own_pixels()
    {
        const int Columns = 5000;
        const int Rows = 4000;
        RgbImage image = new(Columns, Rows);
        image.Pixels.AsSpan().Fill(90);
        LabelMap labels = new(Columns, Rows);
        labels.Labels.AsSpan(0, 2000 * Columns).Fill(1);
        for (int y = 3000; y < 3040; y++)
        {
            labels.Row(y).Slice(4000, 40).Fill(2);
        }

        string mask = Convert.ToBase64String(PngFile.EncodeLabels(labels, Palette.Of(MiniNet.Description.Classes)));
        string classes = string.Join(',', MiniNet.Description.Classes.Take(3).Select((c, i) => $$"""{"id":{{i}},"name":"{{c.Name}}","color":"#{{c.R:x2}}{{c.G:x2}}{{c.B:x2}}","pixels":1,"share":0.3,"confidence":0.9}"""));
        string answer = $$"""{"model":"mini","width":{{Columns}},"height":{{Rows}},"milliseconds":{},"classes":[{{classes}}],"mask":"data:image/png;base64,{{mask}}"}""";
        await using Visit visit = await Open();
        await visit.Page.RouteAsync("**/v1/segment*", route => route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = answer }));

        await visit.Drop("large.png", PngFile.EncodeRgb(image));
        await visit.WaitForResult();
        await visit["#opacity"].FillAsync("100");

        Assert.Equal(ColorOf(1), await visit.ColorAt(100, 100, Columns, Rows));
        Assert.Equal(ColorOf(0), await visit.ColorAt(100, 3900, Columns, Rows));
        await visit.PointAt(4020, 3020, Columns, Rows);
        await Expect(visit["#readout b"]).ToHaveTextAsync(MiniNet.Description.Classes[2].Name);
        await Expect(visit["#readout span"]).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^40[12]\\d, 30[12]\\d$"));
        visit.AssertClean();
    }

    [Fact]
    public async Task Masks_are_read_to_the_bit_whatever_their_depth()
    {
        LabelMap labels = new(5, 3);
        for (int i = 0; i < labels.Labels.Length; i++)
        {
            labels.Labels[i] = (ushort)(i * 1000);
        }

        await using Visit visit = await Open();

        // 16-bit grey is what a model of more than 256 classes gives.
        int[] found = await visit.Page.EvaluateAsync<int[]>(
            "async text => { const png = await import('/page/scripts/png.js'); return [...(await png.decode(await png.fromDataUrl('data:,' + text))).values]; }",
            Convert.ToBase64String(PngFile.EncodeLabels(labels)));

        Assert.Equal(labels.Labels.Select(l => (int)l), found);
        visit.AssertClean();
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(4, 0)]
    [InlineData(8, 3)]
    [InlineData(16, 0)]
    public async Task Masks_are_read_through_every_filter(int bits, int kind)
    {
        await using Visit visit = await Open();

        // Rows that are filtered by each of the five rules in turn, as the PNG specification defines them, and the samples they hold.
        int[][] found = await visit.Page.EvaluateAsync<int[][]>(
            """
            async ([bits, kind]) => {
              const { decode } = await import("/page/scripts/png.js");
              const [width, height] = [13, 11];
              const values = Array.from({ length: width * height }, (_, i) => (i * i * 7 + i * 3) % 2 ** bits);
              const pitch = Math.ceil(width * bits / 8);
              const rows = Array.from({ length: height }, (_, y) => {
                const text = values.slice(y * width, (y + 1) * width).map(v => v.toString(2).padStart(bits, "0")).join("").padEnd(8 * pitch, "0");
                return Array.from({ length: pitch }, (_, i) => Number.parseInt(text.slice(8 * i, 8 * i + 8), 2));
              });
              const step = Math.max(1, bits / 8);
              const bytes = rows.flatMap((row, y) => [y % 5, ...row.map((value, i) => {
                const [left, above, corner] = [row[i - step] ?? 0, rows[y - 1]?.[i] ?? 0, rows[y - 1]?.[i - step] ?? 0];
                const estimate = left + above - corner;
                const nearest = [left, above, corner].reduce((best, v) => Math.abs(estimate - v) < Math.abs(estimate - best) ? v : best);
                return value - [0, left, above, Math.floor((left + above) / 2), nearest][y % 5] & 255;
              })]);
              const data = new Uint8Array(await new Response(new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer());
              const number = n => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255];
              const chunk = (name, content) => [...number(content.length), ...[...name].map(c => c.charCodeAt(0)), ...content, 0, 0, 0, 0];
              const middle = data.length >> 1;
              const png = [137, 80, 78, 71, 13, 10, 26, 10, ...chunk("IHDR", [...number(width), ...number(height), bits, kind, 0, 0, 0]),
                ...chunk("tEXt", [1, 2, 3]), ...chunk("IDAT", data.slice(0, middle)), ...chunk("IDAT", data.slice(middle)), ...chunk("IEND", [])];
              return [values, [...(await decode(new Uint8Array(png))).values]];
            }
            """,
            new[] { bits, kind });

        Assert.Equal(found[0], found[1]);
        visit.AssertClean();
    }

    private async Task<Visit> Open() => await (await browser.Open(server.Address)).Go();

    private static async Task Tab(Visit visit, string id)
    {
        for (int i = 0; i < 60; i++)
        {
            if (await visit.Page.EvaluateAsync<string>("() => document.activeElement?.id ?? ''") == id)
            {
                return;
            }

            await visit.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The keyboard does not reach #{id}.");
    }

    private async Task<byte[]> Ask(string accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Image) };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using HttpResponseMessage answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private async Task<LabelMap> Mask()
    {
        using MemoryStream stream = new(await Ask("image/png"));
        return PngFile.ReadLabels(stream, "mask");
    }

    private static RgbImage ReadPng(byte[] content)
    {
        using MemoryStream stream = new(content);
        return PngFile.ReadRgb(stream, "picture");
    }

    private static byte[] ReadGrey(byte[] content) => [.. ReadPng(content).Pixels.Where((_, i) => i % 3 == 0)];

    private static Task<int[]> Color(Visit visit, (int X, int Y) pixel) => visit.ColorAt(pixel.X, pixel.Y, Width, Height);

    private static int[] ColorOf(int id)
    {
        ClassInfo info = MiniNet.Description.Classes[id];
        return [info.R, info.G, info.B, 255];
    }

    private static int[] PixelOf(RgbImage image, (int X, int Y) pixel) => [.. image.Row(pixel.Y).Slice(3 * pixel.X, 3).ToArray().Select(v => (int)v), 255];

    /// <summary>Of one colour, but for what enlarging rounds.</summary>
    private static void AssertNear(int[] expected, int[] found) => Assert.All(Enumerable.Range(0, 4), i => Assert.InRange(found[i] - expected[i], -3, 3));

    /// <summary>A pixel of a class that is not at its border, where enlarging mixes colours.</summary>
    private static (int X, int Y) Inside(LabelMap mask, int id)
    {
        for (int y = 1; y < mask.Height - 1; y++)
        {
            for (int x = 1; x < mask.Width - 1; x++)
            {
                if (Enumerable.Range(-1, 3).All(dy => mask.Row(y + dy).Slice(x - 1, 3).ToArray().All(v => v == id)))
                {
                    return (x, y);
                }
            }
        }

        throw new InvalidOperationException($"Class {id} has no inner pixel.");
    }
}
