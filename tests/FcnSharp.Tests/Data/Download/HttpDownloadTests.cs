using System.Security.Cryptography;
using FcnSharp.Data.Download;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Download;

/// <summary>Downloads from a server on this machine that does what servers and networks do.</summary>
public sealed class HttpDownloadTests : IDisposable
{
    private const string Version1 = "\"one\"";
    private const string Version2 = "\"two\"";
    private const int Cut = 300_000;

    private readonly TempFolder _temp = new();
    private readonly List<DownloadProgress> _progress = [];
    private readonly List<string> _notes = [];
    private readonly List<TimeSpan> _waits = [];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_file_arrives_whole_and_nothing_else_stays()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1));
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal(new(DownloadStage.Downloading, content.Length, content.Length), _progress.Last(p => p.Stage == DownloadStage.Downloading));
        Assert.Equal(new(DownloadStage.Verifying, content.Length, content.Length), _progress[^1]);
        Assert.Null(Assert.Single(server.Requests)["Range"]);
        Assert.Empty(_notes);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_continued_where_it_was()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => request["Range"] is null
            ? WebServer.File(request, content, Version1) with { CutAfter = Cut }
            : WebServer.File(request, content, Version1));
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal(["bytes=300000-"], server.Requests.Skip(1).Select(request => request["Range"]));
        Assert.Equal(Version1, server.Requests[1]["If-Range"]);
        Assert.Equal([TimeSpan.FromSeconds(1)], _waits);
        Assert.Contains("the connection broke after 300 kB; trying again in 1 s", _notes);
        Assert.Contains(new(DownloadStage.Downloading, Cut, content.Length), _progress);
    }

    [Theory]
    [InlineData(Version1)]
    [InlineData("Tue, 05 Jan 2021 10:00:00 GMT")]
    public async Task A_stopped_download_is_continued_by_the_next_one(string version)
    {
        byte[] content = Content(1);
        using WebServer server = new(request => request["Range"] is null
            ? WebServer.File(request, content, version) with { CutAfter = Cut, ThenSilent = true }
            : WebServer.File(request, content, version));
        await Stopped(server["a"], null, null);
        Assert.Equal(Cut, new FileInfo(_temp["a.part"]).Length);

        await Download(server["a"], null, null);
        AssertArrived(content);
        Assert.Equal((2, version), (server.Requests.Count, server.Requests[1]["If-Range"]));
    }

    [Fact]
    public async Task A_weak_mark_is_no_condition_so_without_a_hash_it_begins_again()
    {
        byte[] content = Content(1);
        int asked = 0;
        using WebServer server = new(request => asked++ == 0
            ? WebServer.File(request, content, "W/\"one\"") with { CutAfter = Cut, ThenSilent = true }
            : WebServer.File(request, content, "W/\"one\""));
        await Stopped(server["a"], null, null);
        await Download(server["a"], null, null);
        AssertArrived(content);
        Assert.Null(server.Requests[1]["Range"]);
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_from_the_beginning()
    {
        byte[] content = Content(1);
        int asked = 0;
        using WebServer server = new(_ => new(200, content) { CutAfter = asked++ == 0 ? Cut : int.MaxValue, TellsLength = asked > 1 });
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal("bytes=300000-", server.Requests[1]["Range"]);
        Assert.Contains(_notes, note => note.Contains("cannot go on in the middle", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(700_000)]
    [InlineData(100_000)]
    public async Task A_file_that_changed_meanwhile_is_read_from_the_beginning(int length)
    {
        byte[] old = Content(1);
        byte[] changed = Content(2)[..length];
        using WebServer server = new(request => request["If-Range"] is null
            ? WebServer.File(request, old, Version1) with { CutAfter = Cut, ThenSilent = true }
            : WebServer.File(request, changed, Version2));
        await Stopped(server["a"], null, null);
        await Download(server["a"], null, null);
        AssertArrived(changed);
    }

    /// <summary>Such servers exist: they send the range whatever If-Range says.</summary>
    [Theory]
    [InlineData(700_000, Version1)]
    [InlineData(800_000, Version2)]
    public async Task A_range_of_another_version_is_not_joined(int length, string version)
    {
        byte[] old = Content(1);
        byte[] changed = Content(2)[..length];
        int asked = 0;
        using WebServer server = new(request => asked++ == 0
            ? WebServer.File(request, old, Version1) with { CutAfter = Cut, ThenSilent = true }
            : WebServer.File(new WebRequest(request.Path, request.Headers.Where(h => h.Key != "If-Range").ToDictionary()), changed, version));
        await Stopped(server["a"], null, null);
        await Download(server["a"], null, null);
        AssertArrived(changed);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_range_from_another_place_is_not_joined()
    {
        byte[] content = Content(1);
        int asked = 0;
        using WebServer server = new(request => request["Range"] is null
            ? WebServer.File(request, content, Version1) with { CutAfter = asked++ == 0 ? Cut : int.MaxValue }
            : new(206, content[100..]) { Headers = new() { ["Content-Range"] = $"bytes 100-{content.Length - 1}/{content.Length}" } });
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal([null, "bytes=300000-", null], server.Requests.Select(request => request["Range"]));
    }

    [Fact]
    public async Task A_mirror_continues_what_another_server_began_where_a_hash_is_known()
    {
        byte[] content = Content(1);
        using WebServer first = new(request => WebServer.File(request, content, Version1) with { CutAfter = Cut, ThenSilent = true });
        await Stopped(first["a"], content.Length, Hash(content));
        using WebServer mirror = new(request => WebServer.File(request, content, Version2));
        await Download(mirror["b"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal(("bytes=300000-", null), (mirror.Requests[0]["Range"], mirror.Requests[0]["If-Range"]));
    }

    [Fact]
    public async Task Without_a_hash_a_mirror_begins_anew()
    {
        byte[] content = Content(1);
        using WebServer first = new(request => WebServer.File(request, content, Version1) with { CutAfter = Cut, ThenSilent = true });
        await Stopped(first["a"], null, null);
        using WebServer mirror = new(request => WebServer.File(request, content, Version1));
        await Download(mirror["b"], null, null);
        AssertArrived(content);
        Assert.Null(Assert.Single(mirror.Requests)["Range"]);
    }

    [Fact]
    public async Task A_complete_part_is_not_asked_for_again()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1) with { CutAfter = content.Length, ThenSilent = true });
        File.WriteAllBytes(_temp["a.part"], content);
        File.WriteAllText(_temp["a.part.info"], $"{server["a"]}\n{Version1}\n{content.Length}\n");
        await Download(server["a"], null, Hash(content));
        AssertArrived(content);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_part_beyond_the_end_of_the_servers_file_is_thrown_away()
    {
        byte[] content = Content(1)[..100];
        using WebServer server = new(request => WebServer.File(request, content, Version1));
        File.WriteAllBytes(_temp["a.part"], Content(2)[..200]);
        File.WriteAllText(_temp["a.part.info"], $"{server["a"]}\n{Version1}\n\n");
        await Download(server["a"], null, Hash(content));
        AssertArrived(content);
    }

    [Fact]
    public async Task A_part_that_nobody_knows_the_origin_of_is_thrown_away()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1));
        File.WriteAllBytes(_temp["a.part"], Content(2)[..200]);
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Null(Assert.Single(server.Requests)["Range"]);
    }

    [Fact]
    public async Task A_wrong_hash_names_both_and_removes_what_came()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1));
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], content.Length, Hash(Content(2))));
        Assert.Contains($"expected SHA256 {Hash(Content(2)).Hex}, found SHA256 {Hash(content).Hex}", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_temp.Root));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    [InlineData(410)]
    public async Task What_the_server_does_not_have_is_not_asked_for_twice(int status)
    {
        using WebServer server = new(_ => new(status, [1, 2, 3]));
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], 1000, Hash([])));
        Assert.Equal($"{server["a"]}: expected the archive, the server answered {status} Test; do something else.", e.Message);
        Assert.Single(server.Requests);
        Assert.Empty(_waits);
    }

    [Fact]
    public async Task A_redirection_is_followed()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => request.Path == "/new" ? WebServer.File(request, content) : new(302, []) { Headers = new() { ["Location"] = "/new" } });
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal(["/a", "/new"], server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task A_page_in_place_of_the_file_is_refused_by_its_length_and_spares_the_part()
    {
        byte[] content = Content(1);
        int asked = 0;
        using WebServer server = new(request => asked++ == 0
            ? WebServer.File(request, content, Version1) with { CutAfter = Cut, ThenSilent = true }
            : new(200, "<html>Please log in</html>"u8.ToArray()));
        await Stopped(server["a"], content.Length, Hash(content));
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], content.Length, Hash(content)));
        Assert.Contains("expected a file of 800000 bytes, the server has one of 26", e.Message, StringComparison.Ordinal);
        Assert.Equal(Cut, new FileInfo(_temp["a.part"]).Length);
    }

    [Fact]
    public async Task More_than_the_published_length_is_not_written()
    {
        using WebServer server = new(_ => new(200, new byte[5_000_000]) { TellsLength = false });
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], 1_000_000, Hash([])));
        Assert.Contains("expected 1000000 bytes, the server sent more", e.Message, StringComparison.Ordinal);
        Assert.True(new FileInfo(_temp["a.part"]).Length <= 1_000_000);
    }

    [Fact]
    public async Task A_server_in_trouble_is_asked_again_and_given_up_in_the_end()
    {
        using WebServer server = new(_ => new(503, []) { Headers = new() { ["Retry-After"] = "7" } });
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], 1000, Hash([])));
        Assert.Contains("the server answered 503 Test", e.Message, StringComparison.Ordinal);
        Assert.Contains("run the same command again to go on", e.Message, StringComparison.Ordinal);
        Assert.Equal(6, server.Requests.Count);
        Assert.Equal([7, 7, 7, 8, 16], _waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task Silence_counts_as_a_broken_connection()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => request["Range"] is null
            ? WebServer.File(request, content, Version1) with { CutAfter = Cut, ThenSilent = true }
            : WebServer.File(request, content, Version1));
        await Download(server["a"], content.Length, Hash(content), patience: TimeSpan.FromSeconds(1));
        AssertArrived(content);
        Assert.Contains("the server sent nothing any more after 300 kB; trying again in 1 s", _notes);
    }

    [Fact]
    public async Task Attempts_are_counted_anew_while_bytes_come()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1) with { CutAfter = 80_000 });
        await Download(server["a"], content.Length, Hash(content));
        AssertArrived(content);
        Assert.Equal(10, server.Requests.Count);
    }

    [Fact]
    public async Task An_address_without_a_server_is_one_line()
    {
        Uri nobody;
        using (WebServer server = new(_ => new(200, [])))
        {
            nobody = server["a"];
        }

        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(nobody, null, null));
        Assert.Contains("no connection to the server", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task Another_program_that_downloads_the_same_is_noticed()
    {
        byte[] content = Content(1);
        using WebServer server = new(request => WebServer.File(request, content, Version1));
        File.WriteAllBytes(_temp["a.part"], content[..Cut]);
        File.WriteAllText(_temp["a.part.info"], $"{server["a"]}\n{Version1}\n{content.Length}\n");
        using FileStream other = new(_temp["a.part"], FileMode.Open, FileAccess.Write, FileShare.None);
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(server["a"], content.Length, Hash(content)));
        Assert.Contains("no other program downloads it", e.Message, StringComparison.Ordinal);
    }

    private static byte[] Content(int seed)
    {
        byte[] content = new byte[800_000];
        new Random(seed).NextBytes(content);
        return content;
    }

    private static Checksum Hash(byte[] content) => new(HashAlgorithmName.SHA256, Convert.ToHexStringLower(SHA256.HashData(content)));

    private void AssertArrived(byte[] content)
    {
        Assert.Equal(["a"], Directory.EnumerateFiles(_temp.Root).Select(Path.GetFileName));
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(_temp["a"])));
    }

    private async Task Download(Uri url, long? length, Checksum? hash, TimeSpan? patience = null, CancellationToken? cancellation = null)
    {
        using HttpDownload download = new(new HttpDownloadOptions { Delay = Wait, Patience = patience ?? TimeSpan.FromMinutes(1) });
        await download.RunAsync(new(url, _temp["a"], length, hash, "do something else"), _progress.Add, _notes.Add, cancellation ?? TestContext.Current.CancellationToken);
    }

    private Task Wait(TimeSpan time, CancellationToken cancellation)
    {
        _waits.Add(time);
        return Task.CompletedTask;
    }

    /// <summary>A download that the user stops once the server has gone silent.</summary>
    private async Task Stopped(Uri url, long? length, Checksum? hash)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task download = Download(url, length, hash, cancellation: stop.Token);
        while (!download.IsCompleted && (!File.Exists(_temp["a.part"]) || new FileInfo(_temp["a.part"]).Length < Cut))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
    }
}
