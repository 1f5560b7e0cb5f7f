using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(FcnSharp.Server.Tests.Page.Browser))]

namespace FcnSharp.Server.Tests.Page;

/// <summary>One Chromium of the system for all tests of pages, started by the first of them; where there is none they are skipped.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Paths =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe", @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ];

    private readonly SemaphoreSlim _gate = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>A fresh window, as a new visitor has it.</summary>
    internal async Task<Visit> Open(string address, int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light, bool touch = false)
    {
        IBrowser browser = await Start();
        IBrowserContext context = await browser.NewContextAsync(new()
        {
            BaseURL = address,
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = scheme,
            HasTouch = touch,
            IsMobile = touch,
            AcceptDownloads = true,
            Permissions = ["camera"],
        });
        context.SetDefaultTimeout(20_000);
        return new Visit(context, await context.NewPageAsync(), address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _gate.Dispose();
    }

    private async Task<IBrowser> Start()
    {
        string? path = Paths.FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, "Chromium is not installed: what the pages do in a browser is not tested.");
        await _gate.WaitAsync();
        try
        {
            _playwright ??= await Playwright.CreateAsync();
            return _browser ??= await _playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = path,
                Args = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
            });
        }
        finally
        {
            _gate.Release();
        }
    }
}
