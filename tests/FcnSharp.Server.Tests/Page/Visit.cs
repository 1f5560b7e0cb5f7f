using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace FcnSharp.Server.Tests.Page;

/// <summary>A visit of a page, with what a user does there, and notes of all that should never happen.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _failures = [];
    private bool _expectsErrors;

    public Visit(IBrowserContext context, IPage page, string address)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) => Note(message.Type is "error" or "warning" && !IsExpected(message.Text), $"console: {message.Text}");
        page.PageError += (_, error) => Note(true, $"thrown: {error}");
        page.Request += (_, request) => Note(
            !request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal),
            $"request to {request.Url}");
    }

    public IPage Page { get; }

    public ILocator this[string selector] => Page.Locator(selector);

    /// <summary>Answers that are errors are part of this test; the browser writes them to its console.</summary>
    public Visit ExpectErrors()
    {
        _expectsErrors = true;
        return this;
    }

    public async Task<Visit> Go(string path = "/")
    {
        await Page.GotoAsync(path);
        return this;
    }

    /// <summary>Drops or pastes a file as the operating system would.</summary>
    public Task Give(string how, string name, byte[] content, string type = "image/png") => Page.EvaluateAsync(
        """
        ([how, name, type, text]) => {
          const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type }));
          const send = event => document.body.dispatchEvent(event);
          if (how === "paste") {
            send(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
          } else {
            for (const step of ["dragenter", "dragover", "drop"]) {
              send(new DragEvent(step, { dataTransfer: data, bubbles: true, cancelable: true }));
            }
          }
        }
        """,
        new[] { how, name, type, Convert.ToBase64String(content) });

    public Task Drop(string name, byte[] content, string type = "image/png") => Give("drop", name, content, type);

    public async Task WaitForResult(int classes = 1) =>
        await Assertions.Expect(this["#legend li"].Nth(classes - 1)).ToBeVisibleAsync(new() { Timeout = 20_000 });

    /// <summary>The bytes of what a button downloads, and the name it gives them.</summary>
    public async Task<(byte[] Content, string Name)> Download(string button)
    {
        IDownload download = await Page.RunAndWaitForDownloadAsync(() => this[button].ClickAsync());
        return (await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken), download.SuggestedFilename);
    }

    /// <summary>The colour of the canvas over a pixel of the image that is shown whole.</summary>
    public async Task<int[]> ColorAt(int x, int y, int width, int height)
    {
        // Drawing waits for the next frame.
        JsonElement color = await Page.EvaluateAsync<JsonElement>(
            """
            ([x, y, width, height]) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
              const canvas = document.getElementById("canvas");
              const scale = Math.min(canvas.width / width, canvas.height / height);
              const [left, top] = [(canvas.width - width * scale) / 2, (canvas.height - height * scale) / 2];
              done([...canvas.getContext("2d").getImageData(left + (x + 0.5) * scale, top + (y + 0.5) * scale, 1, 1).data]);
            })))
            """,
            new[] { x, y, width, height });
        return [.. color.EnumerateArray().Select(v => v.GetInt32())];
    }

    /// <summary>Moves the pointer over a pixel of the image that is shown whole.</summary>
    public async Task PointAt(int x, int y, int width, int height)
    {
        (float left, float top) = await PlaceOf(x, y, width, height);
        await Page.Mouse.MoveAsync(left, top);
    }

    /// <summary>Where the middle of a pixel of the image is in the window, while the image is shown whole.</summary>
    public async Task<(float X, float Y)> PlaceOf(int x, int y, int width, int height)
    {
        LocatorBoundingBoxResult box = (await this["#canvas"].BoundingBoxAsync())!;
        float scale = Math.Min(box.Width / width, box.Height / height);
        return (box.X + (box.Width - (width * scale)) / 2 + ((x + 0.5f) * scale), box.Y + (box.Height - (height * scale)) / 2 + ((y + 0.5f) * scale));
    }

    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Fails when the page has written errors, thrown, or asked anybody but its server.</summary>
    public void AssertClean() => Assert.True(_failures.Count == 0, string.Join('\n', _failures));

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    /// <summary>Failed answers where the test is about them, and a hint that is for the test itself, which reads the canvas.</summary>
    private bool IsExpected(string text) =>
        (_expectsErrors && text.StartsWith("Failed to load resource", StringComparison.Ordinal)) || text.StartsWith("Canvas2D: Multiple readback", StringComparison.Ordinal);

    private void Note(bool isFailure, string what)
    {
        if (isFailure)
        {
            _failures.Add(what);
        }
    }
}
