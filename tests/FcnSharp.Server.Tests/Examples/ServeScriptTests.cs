using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using Xunit;

namespace FcnSharp.Server.Tests.Examples;

/// <summary>The example's own web server.</summary>
public sealed class ServeScriptTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_gives_the_page_isolated_and_nothing_else()
    {
        using Process process = Start("0");
        try
        {
            string address = (await process.StandardOutput.ReadLineAsync(Stop))!;
            Assert.StartsWith("http://127.0.0.1:", address, StringComparison.Ordinal);
            using HttpClient client = new() { BaseAddress = new Uri(address) };

            foreach ((string path, string type) in ((string, string)[])[("", "text/html"), ("app.js", "text/javascript"), ("style.css", "text/css")])
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), Stop);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
                Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
                Assert.Equal("require-corp", answer.Headers.GetValues("Cross-Origin-Embedder-Policy").Single());
                string file = Path.Combine(ExampleSite.Folder, path.Length == 0 ? "index.html" : path);
                Assert.Equal(await File.ReadAllBytesAsync(file, Stop), await answer.Content.ReadAsByteArrayAsync(Stop));
            }

            foreach (string path in (string[])["nothing.html", "package.json", "..%2f..%2fsrc%2fFcnSharp.Server%2fPage%2findex.html", "%zz"])
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), Stop);
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            }

            using Process second = Start(new Uri(address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal("error: cannot listen (EADDRINUSE); name another port: node serve.js 8001\n", await second.StandardError.ReadToEndAsync(Stop));
            await second.WaitForExitAsync(Stop);
            Assert.Equal(1, second.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    private static Process Start(string port)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", [Path.Combine(ExampleSite.Folder, "serve.js"), port]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("node is not installed.");
            throw;
        }
    }
}
