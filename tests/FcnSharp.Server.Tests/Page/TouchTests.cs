using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FcnSharp.Server.Tests.Page;

/// <summary>Fingers on the image, sent as the operating system would: through the browser's own handling of gestures.</summary>
public sealed class TouchTests(Browser browser, ReadyServer server) : IClassFixture<ReadyServer>
{
    private const int Width = 61;
    private const int Height = 47;
    private static readonly byte[] Image = PngFile.EncodeRgb(TestImages.Scene(Width, Height).Image);

    [Fact]
    public async Task A_tap_tells_class_and_confidence()
    {
        using MemoryStream stream = new(await Mask());
        LabelMap mask = PngFile.ReadLabels(stream, "mask");
        await using Visit visit = await Open();
        foreach ((int x, int y) in ((int, int)[])[(3, 5), (40, 30), (59, 45)])
        {
            (float left, float top) = await visit.PlaceOf(x, y, Width, Height);
            await visit.Page.Touchscreen.TapAsync(left, top);
            await Expect(visit["#readout b"]).ToHaveTextAsync(MiniNet.Description.Classes[mask.Row(y)[x]].Name);
            await Expect(visit["#readout span"]).ToContainTextAsync($" % sure · {x}, {y}");
        }

        visit.AssertClean();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(0.7f, 0.7f)]
    public async Task Two_fingers_zoom_about_their_middle_in_any_direction(float dx, float dy)
    {
        await using Visit visit = await Open();
        await using Fingers fingers = await Fingers.On(visit.Page);
        (float x, float y) = await visit.PlaceOf(30, 20, Width, Height);
        string fitted = await visit["#zoom-value"].InnerTextAsync();

        await fingers.Pinch(x, y, dx, dy, from: 30, to: 120);

        // Four times as far apart; the pixel between them has stayed there.
        await Expect(visit["#zoom-value"]).ToHaveTextAsync(Percent(4 * Number(fitted)));
        Assert.Equal(1, await visit.Page.EvaluateAsync<double>("() => visualViewport.scale"));
        await visit.Page.Touchscreen.TapAsync(x, y);
        await Expect(visit["#readout span"]).ToContainTextAsync("· 30, 20");

        await fingers.Pinch(x, y, dx, dy, from: 120, to: 30);
        await Expect(visit["#zoom-value"]).ToHaveTextAsync(Percent(Number(fitted)));
        visit.AssertClean();
    }

    [Fact]
    public async Task Two_fingers_that_move_take_the_image_along()
    {
        await using Visit visit = await Open();
        await using Fingers fingers = await Fingers.On(visit.Page);
        (float x, float y) = await visit.PlaceOf(30, 23, Width, Height);
        await fingers.Pinch(x, y, 1, 0, from: 40, to: 80);

        // In large steps, apart and aside at once: what was between the fingers is between them again.
        await fingers.Down((x - 30, y), (x + 30, y));
        await fingers.Move((x - 30, y), (x + 150, y + 60));
        await fingers.Move((x - 60, y + 30), (x + 150, y + 60));
        await fingers.Up();

        await visit.Page.Touchscreen.TapAsync(x + 45, y + 45);
        await Expect(visit["#readout span"]).ToContainTextAsync("· 30, 23");
        visit.AssertClean();
    }

    [Fact]
    public async Task Two_fingers_that_start_by_moving_up_together_do_not_scroll_the_page()
    {
        await using Visit visit = await Open();
        await using Fingers fingers = await Fingers.On(visit.Page);
        (float x, float y) = await visit.PlaceOf(30, 30, Width, Height);
        string fitted = await visit["#zoom-value"].InnerTextAsync();

        await fingers.Down((x - 30, y));
        await fingers.Down((x - 30, y), (x + 30, y));
        for (int i = 1; i <= 10; i++)
        {
            await fingers.Move((x - 30, y - (5 * i)), (x + 30, y - (5 * i)));
        }

        await fingers.Move((x - 90, y - 50), (x + 90, y - 50));
        await fingers.Up();

        Assert.Equal(0, await Scrolled(visit));
        await Expect(visit["#zoom-value"]).ToHaveTextAsync(Percent(3 * Number(fitted)));
        visit.AssertClean();
    }

    [Fact]
    public async Task One_finger_moves_an_enlarged_image_and_scrolls_the_page_past_one_that_fits()
    {
        await using Visit visit = await Open();
        await using Fingers fingers = await Fingers.On(visit.Page);
        (float x, float y) = await visit.PlaceOf(30, 23, Width, Height);

        await fingers.Drag(x, y, 0, -120);
        await RunningServer.Until(async () => await Scrolled(visit) > 60, "the page is scrolled");
        await visit.Page.EvaluateAsync("() => scrollTo(0, 0)");
        await RunningServer.Until(async () => await Scrolled(visit) == 0, "it is scrolled back");

        await fingers.Pinch(x, y, 1, 0, from: 20, to: 120);
        await fingers.Drag(x, y, 40, -50);
        Assert.Equal(0, await Scrolled(visit));
        await visit.Page.Touchscreen.TapAsync(x + 40, y - 50);
        await Expect(visit["#readout span"]).ToContainTextAsync("· 30, 23");
        visit.AssertClean();
    }

    [Fact]
    public async Task A_finger_moves_the_slider_between_before_and_after()
    {
        await using Visit visit = await Open();
        await using Fingers fingers = await Fingers.On(visit.Page);
        await visit["#compare"].TapAsync();
        LocatorBoundingBoxResult stage = (await visit["#stage"].BoundingBoxAsync())!;

        await fingers.Drag(stage.X + (stage.Width / 2), stage.Y + (stage.Height / 2), stage.Width / 4, 0);

        await Expect(visit["#divider"]).ToHaveAttributeAsync("aria-valuenow", "75");
        visit.AssertClean();
    }

    private async Task<Visit> Open()
    {
        Visit visit = await (await browser.Open(server.Address, 390, 844, touch: true)).Go();
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();
        return visit;
    }

    private async Task<byte[]> Mask()
    {
        using HttpResponseMessage answer = await server.Server.Post(Image, "?view=mask");
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private static Task<double> Scrolled(Visit visit) => visit.Page.EvaluateAsync<double>("() => scrollY");

    private static double Number(string percent) => double.Parse(percent.TrimEnd(' ', '%'), System.Globalization.CultureInfo.InvariantCulture);

    private static System.Text.RegularExpressions.Regex Percent(double about) =>
        new($"^({string.Join('|', Enumerable.Range(-3, 7).Select(i => Visit.Text(Math.Round(about) + i)))}) %$");
}
