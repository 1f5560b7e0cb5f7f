using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace FcnSharp.Server.Tests.Page;

/// <summary>Everything that can go wrong is told to the user in words, with what to do, and can be mended without reloading.</summary>
public sealed class PageErrorTests(Browser browser, ReadyServer server) : IClassFixture<ReadyServer>
{
    private static readonly byte[] Image = PngFile.EncodeRgb(TestImages.Scene(61, 47).Image);

    [Fact]
    public async Task A_broken_file_says_so_and_the_next_one_works()
    {
        await using Visit visit = await Open(server.Server);

        await visit.Drop("broken.png", Image[..(Image.Length / 2)]);
        await ExpectStatus(visit, "This file is not a readable image", "save it as PNG or JPEG");
        await Expect(visit[".thumb"]).ToHaveAttributeAsync("aria-label", "broken.png, failed");
        await Expect(visit["#announcer"]).ToContainTextAsync("not a readable image");

        await visit.Drop("good.png", Image);
        await visit.WaitForResult();
        await Expect(visit["#status"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_file_that_is_no_image_says_what_is_read()
    {
        await using Visit visit = await Open(server.Server);

        await visit.Drop("notes.txt", "Dear diary, today I trained a net."u8.ToArray(), "text/plain");

        await ExpectStatus(visit, "This kind of file is not read here", "PNG, JPEG or WebP");
        visit.AssertClean();
    }

    [Fact]
    public async Task Too_many_pixels_and_too_many_bytes_are_too_large()
    {
        await using RunningServer small = await ReadyServer.Start(o => o with { MaxPixels = 1000, MaxBodyBytes = 400_000 });
        await using Visit visit = await Open(small);

        await visit.Drop("pixels.png", Image);
        await ExpectStatus(visit, "This image is too large for the server", "1000");

        // So many bytes that the server closes the connection before it has read them.
        await visit.Drop("bytes.png", [.. Image, .. new byte[6_000_000]]);
        await Expect(visit["#status-text"]).ToContainTextAsync("Make it smaller");
        await ExpectStatus(visit, "This image is too large for the server", "Make it smaller");
        await Expect(visit["#banner"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_busy_server_is_tried_again_by_itself()
    {
        await using Visit visit = await Open(server.Server);
        int refused = 0;
        await visit.Page.RouteAsync("**/v1/segment*", route => refused++ < 2
            ? route.FulfillAsync(new() { Status = 429, ContentType = "application/problem+json", Headers = new Dictionary<string, string> { ["Retry-After"] = "1" }, Body = """{"detail":"16 images wait already."}""" })
            : route.ContinueAsync());

        await visit.Drop("street.png", Image);

        await ExpectStatus(visit, "The server is busy", "The next try is in");
        await visit.WaitForResult();
        Assert.Equal(3, refused);
        visit.AssertClean();
    }

    [Fact]
    public async Task More_images_than_the_queue_has_places_are_all_served_in_the_end()
    {
        await using RunningServer narrow = await ReadyServer.Start(o => o with { QueueLength = 1 });
        await using Visit visit = await Open(narrow);
        using (narrow.Block())
        {
            for (int i = 0; i < 5; i++)
            {
                await visit.Drop($"{i}.png", Image);
            }

            await RunningServer.Until(async () => await narrow.Metric("fcn_requests_total{route=\"/v1/segment\",status=\"429\"}") >= 1, "one is refused");
        }

        await Expect(visit[".thumb[aria-label$=', done']"]).ToHaveCountAsync(5, new() { Timeout = 30_000 });
        visit.AssertClean();
    }

    [Fact]
    public async Task A_server_that_is_gone_is_told_and_found_again()
    {
        RunningServer first = await ReadyServer.Start();
        Uri address = first.Client.BaseAddress!;
        await using Visit visit = await Open(first);
        await visit.Drop("before.png", Image);
        await visit.WaitForResult();
        await first.DisposeAsync();

        await visit.Drop("after.png", Image);
        await Expect(visit["#banner-text"]).ToContainTextAsync("The server does not answer. Check that it is still running");
        await ExpectStatus(visit, "The server does not answer", "tries again by itself");

        await using RunningServer second = await ReadyServer.Start(o => o with { Port = address.Port });
        await Expect(visit["#result-name"]).ToHaveTextAsync("after.png");
        await Expect(visit["#banner"]).ToBeHiddenAsync();
        await Expect(visit["#status"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_page_that_was_opened_before_its_server_was_ready_goes_on_by_itself()
    {
        await using Visit visit = (await browser.Open(server.Address)).ExpectErrors();
        int refused = 0;
        await visit.Page.RouteAsync("**/v1/models", route => refused++ < 1 ? route.AbortAsync() : route.ContinueAsync());
        await visit.Go();
        await Expect(visit["#banner-text"]).ToContainTextAsync("The server does not answer");
        await visit.Drop("street.png", Image);

        await visit.WaitForResult();

        await Expect(visit["#banner"]).ToBeHiddenAsync();
        visit.AssertClean();
    }

    [Fact]
    public async Task A_key_is_asked_for_and_stays_in_memory()
    {
        const string Key = "0123456789abcdef-right";
        await using RunningServer locked = await ReadyServer.Start(o => o with { ApiKey = Key });
        await using Visit visit = await Open(locked);

        await Expect(visit["#key-title"]).ToHaveTextAsync("This server asks for a key");
        await visit["#key-input"].FillAsync("wrong");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit["#key-title"]).ToHaveTextAsync("That key was not accepted");

        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit["#banner-text"]).ToHaveTextAsync("The server wants its API key.");
        await visit["#banner-action"].ClickAsync();
        await visit["#key-input"].FillAsync(Key);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit["#model"]).ToHaveValueAsync("mini");
        await visit.Drop("street.png", Image);
        await visit.WaitForResult();

        Assert.Equal("0 0 ", await visit.Page.EvaluateAsync<string>("() => `${localStorage.length} ${sessionStorage.length} ${document.cookie}`"));
        Assert.DoesNotContain(Key, visit.Page.Url, StringComparison.Ordinal);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_key_that_stops_being_right_is_asked_for_again()
    {
        await using Visit visit = await Open(server.Server);
        bool isLocked = true;
        await visit.Page.RouteAsync("**/v1/segment*", route => isLocked ? route.FulfillAsync(new() { Status = 401 }) : route.ContinueAsync());
        await visit.Drop("a.png", Image);
        await visit.Drop("b.png", Image);
        await Expect(visit["#key-dialog"]).ToBeVisibleAsync();

        isLocked = false;
        await visit["#key-input"].FillAsync("another");
        await visit.Page.Keyboard.PressAsync("Enter");

        await visit.WaitForResult();
        await Expect(visit[".thumb[aria-label$=', done']"]).ToHaveCountAsync(2);
        visit.AssertClean();
    }

    [Fact]
    public async Task A_page_that_the_server_takes_for_anothers_says_so_and_asks_for_no_key()
    {
        // As behind a proxy that calls the server by another name than browsers do.
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(Image) };
        request.Headers.Add("Origin", "https://fcn.example.com");
        using HttpResponseMessage refused = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string body = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await using Visit visit = await Open(server.Server);
        await visit.Page.RouteAsync("**/v1/segment*", route => route.FulfillAsync(new() { Status = (int)refused.StatusCode, ContentType = "application/problem+json", Body = body }));

        await visit.Drop("street.png", Image);

        await ExpectStatus(visit, "The server does not take images from this page", "--allow-origin");
        await Expect(visit["#key-dialog"]).ToHaveCountAsync(0);
        visit.AssertClean();
    }

    private async Task<Visit> Open(RunningServer to) => await (await browser.Open(to.Client.BaseAddress!.ToString())).ExpectErrors().Go();

    private static async Task ExpectStatus(Visit visit, string title, string text)
    {
        await Expect(visit["#status-title"]).ToHaveTextAsync(title);
        await Expect(visit["#status-text"]).ToContainTextAsync(text);
        await Expect(visit["#status-action"]).ToBeVisibleAsync();
    }
}
