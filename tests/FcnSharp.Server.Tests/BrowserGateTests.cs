using System.Net;
using System.Text;
using System.Text.Json;
using FcnSharp.Server.Runs;
using FcnSharp.Server.Tests.Page;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>Pages of other sites get at nothing through a visitor's browser; programs and this machine's own names pass.</summary>
public sealed class BrowserGateTests(Browser browser)
{
    private const string Other = "https://app.example.com";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1:9", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("localhost", true)]
    [InlineData("LocalHost.:8080", true)]
    [InlineData("fcn.example.com", true)]
    [InlineData("FCN.example.com:443", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("www.fcn.example.com", false)]
    [InlineData("192.0.2.8", false)]
    [InlineData("[2001:db8::1]", false)]
    public async Task A_server_of_this_machine_goes_by_its_own_names(string host, bool passes)
    {
        await using RunningServer server = await RunningServer.Start(o => o with { HostNames = ["fcn.example.com", "192.0.2.7"] });
        using HttpResponseMessage page = await Send(server, HttpMethod.Get, "/", host);
        using HttpResponseMessage image = await Send(server, HttpMethod.Post, "/v1/segment", host);
        if (passes)
        {
            Assert.Equal((200, 200), ((int)page.StatusCode, (int)image.StatusCode));
            return;
        }

        await page.Problem(421);
        string detail = await image.Problem(421);
        Assert.Contains("--host-name", detail, StringComparison.Ordinal);
        Assert.Contains($"'{host}'", detail, StringComparison.Ordinal);
        Assert.Equal(0, await server.Metric("fcn_body_bytes_total"));
    }

    [Fact]
    public async Task A_server_for_all_goes_by_any_name_unless_some_are_given()
    {
        await using RunningServer open = await RunningServer.Start(o => o with { Host = "*" });
        open.Client.BaseAddress = new UriBuilder(open.Client.BaseAddress!) { Host = "127.0.0.1" }.Uri;
        using HttpResponseMessage any = await Send(open, HttpMethod.Get, "/", "whatever.example");
        Assert.Equal(HttpStatusCode.OK, any.StatusCode);

        await using RunningServer named = await RunningServer.Start(o => o with { Host = "0.0.0.0", HostNames = ["fcn.example.com"] });
        named.Client.BaseAddress = new UriBuilder(named.Client.BaseAddress!) { Host = "127.0.0.1" }.Uri;
        using HttpResponseMessage own = await Send(named, HttpMethod.Get, "/", "fcn.example.com");
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        using HttpResponseMessage other = await Send(named, HttpMethod.Get, "/", "whatever.example");
        await other.Problem(421);
    }

    [Fact]
    public async Task A_client_from_before_names_passes()
    {
        await using RunningServer server = await RunningServer.Start();
        using RawClient client = new(server);
        client.Write("GET /healthz HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", client.Read(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, 200)]
    [InlineData("http://127.0.0.1:PORT", null, 200)]
    [InlineData("https://fcn.example.com", "fcn.example.com", 200)]
    [InlineData(Other, null, 403)]
    [InlineData("null", null, 403)]
    [InlineData("http://127.0.0.1:1", null, 403)]
    [InlineData("http://localhost:PORT", null, 403)]
    [InlineData("http://evil.example/127.0.0.1:PORT", null, 403)]
    public async Task Pages_of_other_sites_do_not_post_here(string? origin, string? host, int status)
    {
        await using RunningServer server = await RunningServer.Start(o => o with { HostNames = ["fcn.example.com"] });
        string? from = origin?.Replace("PORT", server.Client.BaseAddress!.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

        using HttpResponseMessage answer = await Send(server, HttpMethod.Post, "/v1/segment", host, from);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        if (status == 403)
        {
            string detail = await answer.Problem(403);
            Assert.Contains($"'{from}'", detail, StringComparison.Ordinal);
            Assert.Contains("--allow-origin", detail, StringComparison.Ordinal);
            Assert.Equal(0, await server.Metric("fcn_body_bytes_total"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_site_that_is_allowed_posts_and_reads_by_cors(bool all)
    {
        await using RunningServer server = await RunningServer.Start(o => o with { AllowedOrigins = all ? ["*"] : ["http://localhost:3000", Other], ApiKey = "0123456789abcdef" });

        // A browser asks first, without the key.
        using HttpRequestMessage question = new(HttpMethod.Options, "/v1/segment");
        question.Headers.Add("Origin", Other);
        question.Headers.Add("Access-Control-Request-Method", "POST");
        question.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using HttpResponseMessage consent = await server.Client.SendAsync(question, Stop);
        Assert.Equal(HttpStatusCode.NoContent, consent.StatusCode);
        AssertOrigin(consent, all);
        Assert.Contains("POST", consent.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.Contains("Authorization", consent.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);

        // The page has to be able to read that the key is missing.
        using HttpResponseMessage refused = await Send(server, HttpMethod.Post, "/v1/segment", null, Other);
        await refused.Problem(401);
        AssertOrigin(refused, all);

        server.Client.DefaultRequestHeaders.Add("X-Api-Key", "0123456789abcdef");
        using HttpResponseMessage answer = await Send(server, HttpMethod.Post, "/v1/segment", null, Other);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        AssertOrigin(answer, all);
        Assert.Contains("Fcn-Model", answer.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);

        using HttpResponseMessage stranger = await Send(server, HttpMethod.Post, "/v1/segment", null, "https://evil.example");
        Assert.Equal(all ? 200 : 403, (int)stranger.StatusCode);
    }

    [Fact]
    public async Task What_is_not_allowed_is_refused_before_it_is_sent()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { AllowedOrigins = [Other] });
        using HttpRequestMessage question = new(HttpMethod.Options, "/v1/segment");
        question.Headers.Add("Origin", "https://evil.example");
        question.Headers.Add("Access-Control-Request-Method", "POST");
        using HttpResponseMessage answer = await server.Client.SendAsync(question, Stop);
        await answer.Problem(403);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_server_of_training_runs_goes_by_its_own_names_only()
    {
        using TempFolder folder = new();
        await using RunsServer server = RunsServer.Start(folder.Root, 0);
        using HttpClient client = new() { BaseAddress = new Uri(server.Address) };
        foreach ((string host, int status) in ((string, int)[])[("localhost", 200), ("evil.example", 421)])
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/runs");
            request.Headers.Host = host;
            using HttpResponseMessage answer = await client.SendAsync(request, Stop);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task In_a_browser_another_site_gets_nothing_and_one_that_is_allowed_its_answer()
    {
        await using RunningServer closed = await RunningServer.Start();
        byte[] page = Encoding.UTF8.GetBytes("<!DOCTYPE html><title>Another site</title>");
        using WebServer site = new(_ => new(200, page) { Headers = new() { ["Content-Type"] = "text/html" } });
        await using RunningServer open = await RunningServer.Start(o => o with { AllowedOrigins = [site[""].ToString().TrimEnd('/')] });
        await using Visit visit = (await browser.Open(site[""].ToString())).ExpectErrors();
        await visit.Go();

        JsonElement results = await visit.Page.EvaluateAsync<JsonElement>(
            """
            async ([closed, open, text]) => {
              const body = Uint8Array.from(atob(text), c => c.charCodeAt(0));
              const ask = async (server, type) => {
                try {
                  const answer = await fetch(`${server}v1/segment`, { method: "POST", body, headers: { "Content-Type": type } });
                  return `${answer.status} ${answer.headers.get("Fcn-Model")} ${(await answer.json()).width}`;
                } catch (error) {
                  return error.name;
                }
              };
              const picture = server => new Promise(done => {
                const image = new Image();
                image.onload = () => done("shown");
                image.onerror = () => done("not shown");
                image.src = `${server}page/icon.svg`;
              });
              return [await ask(closed, "text/plain"), await ask(closed, "image/png"), await ask(open, "image/png"), await picture(closed)];
            }
            """,
            new[] { closed.Client.BaseAddress!.ToString(), open.Client.BaseAddress!.ToString(), Convert.ToBase64String(RunningServer.Scene()) });

        Assert.Equal(["TypeError", "TypeError", "200 mini 61", "not shown"], results.EnumerateArray().Select(r => r.GetString()!));
        Assert.Equal(0, await closed.Metric("fcn_body_bytes_total"));
    }

    private static async Task<HttpResponseMessage> Send(RunningServer server, HttpMethod method, string path, string? host, string? origin = null)
    {
        using HttpRequestMessage request = new(method, path);
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (method == HttpMethod.Post)
        {
            request.Content = new ByteArrayContent(RunningServer.Scene());
        }

        return await server.Client.SendAsync(request, Stop);
    }

    private static void AssertOrigin(HttpResponseMessage answer, bool all) =>
        Assert.Equal(all ? "*" : Other, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
}
