using System.Net.Http.Headers;
using System.Text;
using FcnSharp.Imaging;
using Xunit;

namespace FcnSharp.Server.Tests;

public class FormTests
{
    [Theory]
    [InlineData("image")]
    [InlineData("anything")]
    [InlineData("model")]
    public async Task A_file_may_have_any_name(string name)
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Send(RunningServer.Form(RunningServer.Scene(), name), "?view=mask");
        using HttpResponseMessage bare = await server.Post(RunningServer.Scene(), "?view=mask");
        Assert.Equal((await bare.Labels()).Labels, (await answer.Labels()).Labels);
    }

    [Fact]
    public async Task A_form_may_name_the_model_before_or_behind_the_file()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { Models = [.. o.Models, new ModelSource("other", o.Models[0].Path)] });
        MultipartFormDataContent behind = RunningServer.Form(RunningServer.Scene());
        behind.Add(new StringContent("other"), "model");
        using HttpResponseMessage first = await server.Send(behind);
        Assert.Equal("other", first.Headers.GetValues("Fcn-Model").Single());

        MultipartFormDataContent before = [];
        before.Add(new StringContent("other"), "model");
        before.Add(new ByteArrayContent(RunningServer.Scene()), "x", "y.png");
        using HttpResponseMessage second = await server.Send(before, "?model=other");
        Assert.Equal("other", (await second.Json()).GetProperty("model").GetString());

        MultipartFormDataContent unknown = RunningServer.Form(RunningServer.Scene());
        unknown.Add(new StringContent("nobody"), "model");
        using HttpResponseMessage third = await server.Send(unknown);
        await third.Problem(404);

        MultipartFormDataContent torn = RunningServer.Form(RunningServer.Scene());
        torn.Add(new StringContent("other"), "model");
        using HttpResponseMessage fourth = await server.Send(torn, "?model=mini");
        await fourth.Problem(400);
    }

    [Fact]
    public async Task Forms_with_no_two_or_other_parts_are_400()
    {
        await using RunningServer server = await RunningServer.Start();
        MultipartFormDataContent none = [];
        none.Add(new StringContent("mini"), "model");
        using HttpResponseMessage a = await server.Send(none);
        Assert.Contains("has no image", await a.Problem(400), StringComparison.Ordinal);

        MultipartFormDataContent two = RunningServer.Form(RunningServer.Scene());
        two.Add(new ByteArrayContent(RunningServer.Scene()), "second", "b.png");
        using HttpResponseMessage b = await server.Send(two);
        Assert.Contains("more than one file", await b.Problem(400), StringComparison.Ordinal);

        MultipartFormDataContent field = RunningServer.Form(RunningServer.Scene());
        field.Add(new StringContent("0.5"), "opacity");
        using HttpResponseMessage c = await server.Send(field);
        Assert.Contains("'opacity'", await c.Problem(400), StringComparison.Ordinal);

        MultipartFormDataContent longName = RunningServer.Form(RunningServer.Scene());
        longName.Add(new StringContent(new string('m', 300)), "model");
        using HttpResponseMessage d = await server.Send(longName);
        await d.Problem(400);
    }

    [Theory]
    [InlineData("multipart/form-data", "--b\r\n")]
    [InlineData("multipart/form-data; boundary=b", "")]
    [InlineData("multipart/form-data; boundary=b", "no boundary at all")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nfile\r\n--b--\r\n")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\ncut")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: nonsense;;;\r\n\r\nfile\r\n--b--\r\n")]
    public async Task Broken_forms_are_400(string type, string body)
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Send(Raw(type, Encoding.UTF8.GetBytes(body)));
        await answer.Problem(400);
    }

    [Fact]
    public async Task Forms_with_a_thousand_parts_or_headers_end_early()
    {
        await using RunningServer server = await RunningServer.Start();
        string part = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmini\r\n";
        using HttpResponseMessage parts = await server.Send(Raw("multipart/form-data; boundary=b", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, 1000)))));
        Assert.Contains("more than 8 parts", await parts.Problem(400), StringComparison.Ordinal);

        string headers = "--b\r\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"X-{i}: y\r\n")) + "\r\n";
        using HttpResponseMessage many = await server.Send(Raw("multipart/form-data; boundary=b", Encoding.UTF8.GetBytes(headers)));
        await many.Problem(400);

        string nested = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n";
        using HttpResponseMessage inner = await server.Send(Raw("multipart/form-data; boundary=b", Encoding.UTF8.GetBytes(nested)));
        await inner.Problem(415);
    }

    [Fact]
    public async Task A_large_form_is_never_kept_in_a_file()
    {
        // The framework's own reader of forms puts parts above 64 kB into temporary files of this name.
        using FileSystemWatcher watcher = new(Path.GetTempPath(), "ASPNETCORE_*") { EnableRaisingEvents = true };
        int created = 0;
        watcher.Created += (_, _) => Interlocked.Increment(ref created);
        await using RunningServer server = await RunningServer.Start();
        byte[] file = [.. RunningServer.Scene(), .. new byte[2_000_000]];

        using HttpResponseMessage answer = await server.Send(RunningServer.Form(file));

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(0, created);
    }

    private static ByteArrayContent Raw(string type, byte[] body)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
