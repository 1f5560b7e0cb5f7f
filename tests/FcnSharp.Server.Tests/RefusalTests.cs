using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>Every status code that is not 200, and what it says.</summary>
public class RefusalTests
{
    [Fact]
    public async Task Broken_images_are_400_with_the_decoders_line()
    {
        await using RunningServer server = await RunningServer.Start();
        byte[] file = RunningServer.Scene();
        byte[] flipped = (byte[])file.Clone();
        flipped[file.Length / 2] ^= 0x55;

        foreach (byte[] broken in (byte[][])[file[..(file.Length / 2)], file[..20], flipped])
        {
            using HttpResponseMessage answer = await server.Post(broken);
            Assert.StartsWith("the image: ", await answer.Problem(400), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_body_is_400()
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Post([]);
        Assert.Contains("has no image", await answer.Problem(400), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?foo=1", "no parameter 'foo'")]
    [InlineData("?include=masks", "no part 'masks'")]
    [InlineData("?include=mask,", null)]
    [InlineData("?view=masks", "no view 'masks'")]
    [InlineData("?view=overlay&opacity=2", "from 0 to 1")]
    [InlineData("?opacity=-1", "from 0 to 1")]
    [InlineData("?opacity=NaN", "from 0 to 1")]
    [InlineData("?tolerance=1e9", "from 0 to 1000")]
    [InlineData("?minPixels=0", "whole number from 1")]
    [InlineData("?model=mini&model=mini", "given 2 times")]
    public async Task Parameters_that_make_no_sense_are_400(string query, string? expected)
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), query);
        if (expected is null)
        {
            Assert.Equal(200, (int)answer.StatusCode);
            return;
        }

        Assert.Contains(expected, await answer.Problem(400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_view_in_accept_is_400()
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), "", "image/png;view=x");
        Assert.Contains("no view 'x'", await answer.Problem(400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_key_the_api_is_401_and_the_rest_is_open()
    {
        const string Key = "0123456789abcdef-key";
        await using RunningServer server = await RunningServer.Start(o => o with { ApiKey = Key });
        foreach (string? wrong in (string?[])[null, "", Key[..^1], Key + "x", Key.ToUpperInvariant()])
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
            if (wrong is not null)
            {
                request.Headers.TryAddWithoutValidation("X-Api-Key", wrong);
            }

            using HttpResponseMessage refused = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            await refused.Problem(401);
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);
        }

        using HttpResponseMessage image = await server.Post(RunningServer.Scene());
        await image.Problem(401);
        using HttpResponseMessage metrics = await server.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        await metrics.Problem(401);
        foreach (string open in (string[])["/healthz", "/readyz", "/openapi/v1.json"])
        {
            Assert.NotEmpty(await server.Client.GetStringAsync(new Uri(open, UriKind.Relative), TestContext.Current.CancellationToken));
        }

        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using HttpResponseMessage bearer = await server.Post(RunningServer.Scene());
        Assert.Equal(200, (int)bearer.StatusCode);
        server.Client.DefaultRequestHeaders.Authorization = null;
        server.Client.DefaultRequestHeaders.Add("X-Api-Key", Key);
        using HttpResponseMessage header = await server.Post(RunningServer.Scene());
        Assert.Equal(200, (int)header.StatusCode);
        Assert.DoesNotContain(Key, server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_models_and_addresses_are_404_and_other_methods_405()
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage model = await server.Post(RunningServer.Scene(), "?model=maxi");
        Assert.Equal("There is no model 'maxi'; there are mini.", await model.Problem(404));
        using HttpResponseMessage address = await server.Client.GetAsync(new Uri("/v2", UriKind.Relative), TestContext.Current.CancellationToken);
        await address.Problem(404);
        using HttpResponseMessage method = await server.Client.GetAsync(new Uri("/v1/segment", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("takes POST, not GET", await method.Problem(405), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html", "")]
    [InlineData("image/jpeg", "")]
    [InlineData("application/json;q=0, image/png;q=0", "")]
    [InlineData("application/json", "?view=mask")]
    [InlineData("no type", "")]
    public async Task What_is_not_acceptable_is_406(string accept, string query)
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(), query, accept);
        Assert.Contains(accept, await answer.Problem(406), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_above_the_limit_are_413_announced_or_not()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { MaxBodyBytes = 10_000 });
        using HttpResponseMessage announced = await server.Post(new byte[10_001]);
        Assert.Contains("more than 10000 bytes", await announced.Problem(413), StringComparison.Ordinal);

        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(new byte[200_000]) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage chunked = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await chunked.Problem(413);

        using HttpResponseMessage form = await server.Send(RunningServer.Form(new byte[10_001]));
        await form.Problem(413);
        Assert.Equal(0, await server.Metric("fcn_held_bytes"));
    }

    [Fact]
    public async Task Pixels_above_the_limit_are_413_before_they_are_decoded()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { MaxPixels = 10_000 });
        using HttpResponseMessage exact = await server.Post(RunningServer.Scene(100, 100));
        Assert.Equal(200, (int)exact.StatusCode);
        using HttpResponseMessage above = await server.Post(RunningServer.Scene(100, 101));
        Assert.Contains("100x101 = 10100 pixels, the limit is 10000", await above.Problem(413), StringComparison.Ordinal);

        // A bomb: the header claims four billion pixels, and there are as many bytes as they could be packed into.
        byte[] bomb = [.. RunningServer.Scene(), .. new byte[13_000_000]];
        BinaryPrimitives.WriteInt32BigEndian(bomb.AsSpan(16), 65_000);
        BinaryPrimitives.WriteInt32BigEndian(bomb.AsSpan(20), 65_000);
        BinaryPrimitives.WriteUInt32BigEndian(bomb.AsSpan(29), Crc32Of(bomb.AsSpan(12, 17)));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        using HttpResponseMessage bombed = await server.Post(bomb);
        Assert.Contains("4225000000", await bombed.Problem(413), StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 200_000_000);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("video/mp4")]
    [InlineData("nonsense")]
    public async Task Bodies_of_other_types_are_415(string type)
    {
        await using RunningServer server = await RunningServer.Start();
        ByteArrayContent body = new(RunningServer.Scene());
        Assert.True(body.Headers.TryAddWithoutValidation("Content-Type", type));
        using HttpResponseMessage answer = await server.Send(body);
        Assert.Contains("image/png", await answer.Problem(415), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_body_that_may_be_an_image_is_told_by_its_content(string type)
    {
        await using RunningServer server = await RunningServer.Start();
        ByteArrayContent body = new(RunningServer.Scene());
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        using HttpResponseMessage answer = await server.Send(body);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Files_that_are_no_image_are_415_and_say_what_they_are()
    {
        await using RunningServer server = await RunningServer.Start();
        using HttpResponseMessage gif = await server.Post([.. "GIF89a"u8, .. new byte[40]]);
        Assert.Contains("a GIF", await gif.Problem(415), StringComparison.Ordinal);
        using HttpResponseMessage text = await server.Post(Encoding.UTF8.GetBytes("hello, what class is this?"));
        await text.Problem(415);
    }

    [Fact]
    public async Task Compressed_bodies_are_415()
    {
        await using RunningServer server = await RunningServer.Start();
        ByteArrayContent body = new(RunningServer.Scene());
        body.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage answer = await server.Send(body);
        Assert.Contains("gzip", await answer.Problem(415), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_no_memory_suffices_for_is_422()
    {
        await using RunningServer server = await RunningServer.Start(memoryBudget: 12_000_000);
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene(1200, 900));
        Assert.StartsWith("The image of 1200x900 pixels cannot be segmented: ", await answer.Problem(422), StringComparison.Ordinal);
        using HttpResponseMessage small = await server.Post(RunningServer.Scene());
        Assert.Equal(200, (int)small.StatusCode);
    }

    [Fact]
    public async Task Every_answer_protects_browsers()
    {
        await using RunningServer server = await RunningServer.Start();
        foreach (string path in (string[])["/v1/models", "/nowhere", "/healthz"])
        {
            using HttpResponseMessage answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Contains("default-src 'self'; img-src 'self' data: blob:", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    private static uint Crc32Of(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
