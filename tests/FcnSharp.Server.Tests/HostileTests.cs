using System.Globalization;
using System.IO.Compression;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Server.Tests;

/// <summary>Clients that no library would be; after each, the server serves others as before and holds nothing.</summary>
public class HostileTests
{
    [Fact]
    public async Task A_body_that_comes_too_slowly_is_408()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { BodyTimeout = TimeSpan.FromMilliseconds(300) });
        using RawClient client = new(server);
        client.Write(RawClient.Post("Content-Length: 5000\r\n"));
        client.Write([0x89, (byte)'P', (byte)'N', (byte)'G']);

        string answer = client.Read("\"detail\"");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("did not arrive within 0.3 seconds", answer, StringComparison.Ordinal);
        await AssertServes(server);
    }

    [Theory]
    [InlineData("Content-Length: 5000\r\n", "abc")]
    [InlineData("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\nab")]
    [InlineData("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n", "--b\r\nContent-Disp")]
    public async Task A_body_that_ends_early_costs_nothing(string headers, string body)
    {
        await using RunningServer server = await RunningServer.Start();
        using (RawClient client = new(server))
        {
            client.Write(RawClient.Post(headers));
            client.Write(body);
            client.EndSending();
            client.Read();
        }

        await AssertServes(server);
    }

    [Theory]
    [InlineData("POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /v1/segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET /%00%ff/../..//etc/passwd?%zz=1&=&& HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    public async Task Broken_requests_end_with_an_error_and_nothing_else(string request)
    {
        await using RunningServer server = await RunningServer.Start();
        using (RawClient client = new(server))
        {
            client.Write(request);
            client.EndSending();
            Assert.Matches("^(HTTP/1.1 4..|$)", client.Read());
        }

        await AssertServes(server);
    }

    [Fact]
    public async Task Chunks_without_a_length_make_an_image_too()
    {
        await using RunningServer server = await RunningServer.Start();
        using RawClient client = new(server);
        client.Write(RawClient.Post("Transfer-Encoding: chunked\r\nConnection: close\r\nAccept: application/json\r\n"));
        foreach (byte[] chunk in RunningServer.Scene().Chunk(777))
        {
            client.Write(chunk.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            client.Write(chunk);
            client.Write("\r\n");
        }

        client.Write("0\r\n\r\n");
        string answer = client.Read();
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"width\":61", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_waits_for_the_servers_consent_is_refused_before_it_sends()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { MaxBodyBytes = 1000 });
        using RawClient client = new(server);
        client.Write(RawClient.Post("Content-Length: 100000\r\nExpect: 100-continue\r\n"));
        string answer = client.Read("\"detail\"");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_together_are_bounded()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { MaxHeldBodyBytes = 500_000 });
        using RawClient holder = new(server);
        holder.Write(RawClient.Post("Content-Length: 1000000\r\n"));
        holder.Write(new byte[200_000]);
        await RunningServer.Until(async () => await server.Metric("fcn_held_bytes") > 200_000, "the first body is held");

        using (RawClient second = new(server))
        {
            second.Write(RawClient.Post("Content-Length: 1000000\r\n"));
            second.Write(new byte[200_000]);
            string answer = second.Read("\"detail\"");
            Assert.StartsWith("HTTP/1.1 429 ", answer, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 1", answer, StringComparison.Ordinal);
        }

        holder.Reset();
        await RunningServer.Until(async () => await server.Metric("fcn_held_bytes") == 0, "the first body is given back");
        await AssertServes(server);
    }

    [Fact]
    public async Task Images_together_are_bounded_and_wait_for_each_other()
    {
        await using RunningServer server = await RunningServer.Start(o => o with { MaxHeldImageBytes = 100_000, QueueLength = 12 });

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using HttpResponseMessage answer = await server.Post(RunningServer.Scene(150, 120, i));
            Assert.Equal(200, (int)answer.StatusCode);
        }));

        Assert.Equal(0, server.Work.Images.Held);
    }

    [Fact]
    public async Task Noise_that_would_be_a_million_polygons_is_answered()
    {
        await using RunningServer server = await RunningServer.Start();
        RgbImage noise = new(400, 300);
        new Random(5).NextBytes(noise.Pixels);

        using HttpResponseMessage answer = await server.Post(PngFile.EncodeRgb(noise), "?include=polygons,rle");

        Assert.Equal(200, (int)answer.StatusCode);
        await AssertServes(server);
    }

    [Fact]
    public async Task Mutated_files_never_make_the_server_fail()
    {
        await using RunningServer server = await RunningServer.Start();
        Random random = new(3);
        byte[][] files = [RunningServer.Scene(), PngFile.EncodeLabels(new LabelMap(20, 20)), Pack(RunningServer.Scene())];
        for (int i = 0; i < 150; i++)
        {
            byte[] file = (byte[])files[i % files.Length].Clone();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            using HttpResponseMessage answer = await server.Post(file[..random.Next(1, file.Length + 1)]);
            Assert.Contains((int)answer.StatusCode, (int[])[200, 400, 413, 415, 422]);
        }

        Assert.DoesNotContain(" error ", server.Log, StringComparison.Ordinal);
        await AssertServes(server);
    }

    private static byte[] Pack(byte[] file)
    {
        using MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Fastest))
        {
            zlib.Write(file);
        }

        return stream.ToArray();
    }

    private static async Task AssertServes(RunningServer server)
    {
        using HttpResponseMessage answer = await server.Post(RunningServer.Scene());
        Assert.Equal(200, (int)answer.StatusCode);
        await RunningServer.Until(async () => await server.Metric("fcn_in_flight") == 0 && await server.Metric("fcn_held_bytes") == 0, "nothing is held");
        Assert.Equal(0, await server.Metric("fcn_queue_length"));
        Assert.DoesNotContain("internal error", server.Log, StringComparison.Ordinal);
    }
}
