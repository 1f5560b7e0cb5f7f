using Microsoft.Playwright;
using Xunit;

namespace FcnSharp.Server.Tests.Page;

/// <summary>Fingers on a page by Chromium's protocol: what they do goes through the browser's own choice between scrolling, zooming and the page.</summary>
internal sealed class Fingers : IAsyncDisposable
{
    private const int Steps = 10;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(150);
    private readonly IPage _page;
    private readonly ICDPSession _session;

    private Fingers(IPage page, ICDPSession session) => (_page, _session) = (page, session);

    public static async Task<Fingers> On(IPage page)
    {
        Fingers fingers = new(page, await page.Context.NewCDPSessionAsync(page));
        await fingers.Settle();
        return fingers;
    }

    public Task Down(params (float X, float Y)[] places) => Send("touchStart", places);

    public Task Move(params (float X, float Y)[] places) => Send("touchMove", places);

    public async Task Up()
    {
        await Send("touchEnd", []);
        await Settle();
    }

    /// <summary>One finger goes from a place by so many pixels.</summary>
    public async Task Drag(float x, float y, float dx, float dy)
    {
        await Down((x, y));
        for (int i = 1; i <= Steps; i++)
        {
            await Move((x + (dx * i / Steps), y + (dy * i / Steps)));
        }

        // A finger that rests before it is lifted throws nothing.
        await Task.Delay(Rest, TestContext.Current.CancellationToken);
        await Up();
    }

    /// <summary>Two fingers go from one distance to another, on a line of a direction through a place that stays in their middle.</summary>
    public async Task Pinch(float x, float y, float dx, float dy, float from, float to)
    {
        (float, float)[] Places(float distance) => [(x - (dx * distance / 2), y - (dy * distance / 2)), (x + (dx * distance / 2), y + (dy * distance / 2))];

        // Fingers do not touch down at one moment.
        await Down(Places(from)[0]);
        await Down(Places(from));
        for (int i = 1; i <= Steps; i++)
        {
            await Move(Places(from + ((to - from) * i / Steps)));
        }

        await Up();
    }

    public async ValueTask DisposeAsync() => await _session.DetachAsync();

    /// <summary>What a finger may do where (touch-action) counts from the frame that shows it.</summary>
    private Task Settle() => _page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))");

    private Task Send(string type, (float X, float Y)[] places) => _session.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object>
    {
        ["type"] = type,
        ["touchPoints"] = places.Select((p, i) => new Dictionary<string, object> { ["x"] = p.X, ["y"] = p.Y, ["id"] = i }).ToArray(),
    });
}
