using System.Collections.Concurrent;
using System.Diagnostics;
using FcnSharp.Data;
using FcnSharp.Formats;
using FcnSharp.Graph;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Models;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Cpu;
using FcnSharp.TestKit;
using Xunit;

namespace FcnSharp.Tests.Inference;

public sealed class SegmenterAsyncTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CpuDevice _device = new();
    private readonly Network _network;
    private readonly Segmenter _segmenter;

    public SegmenterAsyncTests()
    {
        _network = MiniNet.CreateSeeing(_device);
        _segmenter = new Segmenter(_network, MiniNet.Description);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _segmenter.Dispose();
        _network.Dispose();
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_kind_of_input_gives_the_same_classes()
    {
        RgbImage image = Scene(61, 47, 0);
        PngFile.WriteRgb(_folder["a.png"], image);
        byte[] bytes = await File.ReadAllBytesAsync(_folder["a.png"], Stop);
        using MemoryStream stream = new([7, .. bytes]) { Position = 1 };
        ushort[] expected = _segmenter.Segment(image, cancellation: Stop).Map.Labels;

        Assert.Equal(expected, (await _segmenter.SegmentAsync(image, cancellation: Stop)).Map.Labels);
        Assert.Equal(expected, (await _segmenter.SegmentAsync(_folder["a.png"], cancellation: Stop)).Map.Labels);
        Assert.Equal(expected, (await _segmenter.SegmentAsync(bytes, cancellation: Stop)).Map.Labels);
        Assert.Equal(expected, (await _segmenter.SegmentAsync(stream, cancellation: Stop)).Map.Labels);
        Assert.Equal(expected, _segmenter.Segment(new PixelBuffer(image.Pixels, 61, 47, PixelFormat.Rgb24), cancellation: Stop).Map.Labels);
    }

    [Fact]
    public async Task Many_threads_with_images_of_many_sizes_get_the_same_bits_as_alone()
    {
        RgbImage[] images = [.. Enumerable.Range(0, 14).Select(i => Scene(20 + (7 * (i % 5)), 30 + (3 * (i % 7)), i))];
        Segmentation[] alone = [.. images.Select(image => _segmenter.Segment(image, new() { Confidence = true }, Stop))];

        Task<Segmentation>[] calls = [.. Enumerable.Range(0, 84).Select(i => _segmenter.SegmentAsync(images[i % 14], new() { Confidence = i % 3 > 0 }, Stop))];
        Thread[] threads = [.. Enumerable.Range(0, 6).Select(t => new Thread(() => Parallel.For(0, 14, i => Same(alone[i], _segmenter.Segment(images[i], new() { Confidence = t % 2 > 0 })))))];
        Array.ForEach(threads, thread => thread.Start());
        Segmentation[] found = await Task.WhenAll(calls);
        Array.ForEach(threads, thread => thread.Join());

        for (int i = 0; i < found.Length; i++)
        {
            Same(alone[i % 14], found[i]);
        }
    }

    [Fact]
    public async Task The_callers_thread_goes_on_at_once_and_cancelling_ends_the_computation()
    {
        // One that takes seconds, and waits behind others.
        RgbImage large = Scene(1500, 1000, 0);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await _segmenter.SegmentAsync(large, cancellation: Stop);
        Stopwatch alone = Stopwatch.StartNew();
        await _segmenter.SegmentAsync(large, cancellation: Stop);
        TimeSpan whole = alone.Elapsed;

        Stopwatch watch = Stopwatch.StartNew();
        Task<Segmentation>[] calls = [.. Enumerable.Range(0, 50).Select(_ => _segmenter.SegmentAsync(large, cancellation: end.Token))];
        Assert.True(watch.Elapsed < whole, "50 calls returned only after one of them could have ended");

        // At once: on a busy machine a timer may be later than the first of them.
        await end.CancelAsync();
        foreach (Task<Segmentation> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10 * whole.TotalSeconds);
        Assert.Equal(1500, (await _segmenter.SegmentAsync(large, cancellation: Stop)).Width);
    }

    [Fact]
    public async Task A_cancelled_call_never_starts()
    {
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _segmenter.SegmentAsync(new RgbImage(9, 9), cancellation: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _segmenter.SegmentAsync(new MemoryStream(PngFile.EncodeRgb(new RgbImage(9, 9))), cancellation: cancelled));
        Assert.Throws<OperationCanceledException>(() => _segmenter.Segment(new RgbImage(9, 9), cancellation: cancelled));
    }

    [Fact(Timeout = 120_000)]
    public async Task Failures_reach_the_caller_and_free_the_place()
    {
        for (int i = 0; i < 3 * Environment.ProcessorCount; i++)
        {
            await Assert.ThrowsAsync<FcnSharpException>(() => _segmenter.SegmentAsync("no picture"u8.ToArray(), cancellation: Stop));
        }

        Assert.Equal(9, (await _segmenter.SegmentAsync(new RgbImage(9, 9), cancellation: Stop)).Width);
    }

    [Fact]
    public async Task Batches_give_each_image_its_own_answer_in_order()
    {
        // Three sizes mixed, more of one than a batch takes, and one too large to share a batch.
        RgbImage[] images = [.. Enumerable.Range(0, 40).Select(i => i % 9 == 0 ? Scene(33, 20, i) : Scene(32, 24, i)), Scene(300, 250, 1), Scene(300, 250, 2)];
        SegmentOptions options = new() { Confidence = true };

        IReadOnlyList<Segmentation>[] batches = [_segmenter.Segment(images, options, Stop), await _segmenter.SegmentAsync(images, options, Stop)];

        foreach (IReadOnlyList<Segmentation> batch in batches)
        {
            Assert.Equal(images.Length, batch.Count);
            for (int i = 0; i < images.Length; i++)
            {
                Segmentation alone = _segmenter.Segment(images[i], options, Stop);
                Assert.Equal((images[i].Width, images[i].Height), (batch[i].Width, batch[i].Height));
                Assert.InRange(alone.Map.Labels.Zip(batch[i].Map.Labels).Count(pair => pair.First != pair.Second), 0, 1);
                Assert.All(alone.Confidence.ToArray().Zip(batch[i].Confidence.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
            }
        }

        Assert.Empty(_segmenter.Segment(Array.Empty<RgbImage>(), options, Stop));
    }

    [Fact]
    public void Small_images_of_a_size_share_a_batch_and_large_ones_do_not()
    {
        RgbImage[] images = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? new RgbImage(64, 64) : new RgbImage(128, 128)), new(400, 400), new(400, 400)];
        IReadOnlyList<int[]> batches = ImageBatches.Of(images);
        Assert.Equal(Enumerable.Range(0, 42), batches.SelectMany(b => b).Order());
        Assert.Equal([16, 4, 4, 4, 4, 4, 4, 1, 1], batches.Select(b => b.Length));
    }

    [Fact]
    public async Task A_folder_gives_each_image_in_order_and_goes_past_broken_ones()
    {
        Directory.CreateDirectory(_folder["b"]);
        Directory.CreateDirectory(_folder[".hidden"]);
        RgbImage[] images = [Scene(40, 30, 0), Scene(40, 30, 1), Scene(50, 20, 2)];
        PngFile.WriteRgb(_folder["a.png"], images[0]);
        PngFile.WriteRgb(_folder["b/1.PNG"], images[1]);
        PngFile.WriteRgb(_folder["c.png"], images[2]);
        PngFile.WriteRgb(_folder[".hidden/x.png"], images[2]);
        await File.WriteAllTextAsync(_folder["b/0.png"], "no picture", Stop);
        await File.WriteAllBytesAsync(_folder["d.png"], PngFile.EncodeRgb(images[0])[..200], Stop);
        await File.WriteAllTextAsync(_folder["notes.txt"], "no image", Stop);

        List<SegmentedFile> found = [];
        await foreach (SegmentedFile file in _segmenter.SegmentFolderAsync(_folder.Root, cancellation: Stop))
        {
            found.Add(file);
        }

        Assert.Equal(["a.png", "b/0.png", "b/1.PNG", "c.png", "d.png"], found.Select(f => Path.GetRelativePath(_folder.Root, f.Path).Replace('\\', '/')));
        Assert.Equal([true, false, true, true, false], found.Select(f => f.Succeeded));
        Assert.All(found.Where(f => !f.Succeeded), f => Assert.StartsWith(f.Path, f.Error!.Message, StringComparison.Ordinal));
        foreach ((RgbImage image, SegmentedFile file) in images.Zip(found.Where(f => f.Succeeded)))
        {
            Assert.Equal(image.Pixels, file.Image!.Pixels);
            Assert.Equal(_segmenter.Segment(image, cancellation: Stop).Map.Labels, file.Segmentation!.Map.Labels);
        }

        List<SegmentedFile> flat = [];
        await foreach (SegmentedFile file in _segmenter.SegmentFolderAsync(_folder.Root, new() { Recursive = false, Segment = new() { Confidence = true } }, Stop))
        {
            flat.Add(file);
        }

        Assert.Equal(3, flat.Count);
        Assert.True(flat[0].Segmentation!.HasConfidence);
    }

    [Fact]
    public async Task A_folder_is_decoded_ahead_but_never_far()
    {
        for (int i = 0; i < 30; i++)
        {
            await File.WriteAllBytesAsync(_folder[$"{i:D2}.png"], [(byte)i], Stop);
        }

        CountingDecoder decoder = new();
        SegmentOptions options = new() { Reader = new([decoder]) };
        int taken = 0;
        await foreach (SegmentedFile file in _segmenter.SegmentFolderAsync(_folder.Root, new() { Segment = options }, Stop))
        {
            Assert.True(file.Succeeded);
            taken++;
            if (taken is 1 or 15)
            {
                // While the caller keeps one, others are decoded, until what may be under way is.
                SpinWait.SpinUntil(() => decoder.Decoded >= taken + 5, TimeSpan.FromSeconds(30));
                await Task.Delay(100, Stop);
            }

            Assert.InRange(decoder.Decoded, taken, taken + 12);
        }

        Assert.Equal(30, taken);

        // With bytes for a single image nothing is decoded ahead at all.
        int before = decoder.Decoded;
        taken = 0;
        await foreach (SegmentedFile file in _segmenter.SegmentFolderAsync(_folder.Root, new() { Segment = options, MemoryBudget = 1 }, Stop))
        {
            taken++;
            if (taken == 3)
            {
                await Task.Delay(100, Stop);
            }

            Assert.Equal(before + taken, decoder.Decoded);
        }
    }

    [Fact]
    public async Task A_folder_can_be_left_early_and_cancelled()
    {
        for (int i = 0; i < 12; i++)
        {
            PngFile.WriteRgb(_folder[$"{i:D2}.png"], Scene(60, 60, i));
        }

        using (Segmenter left = new(_network, MiniNet.Description))
        {
            await foreach (SegmentedFile file in left.SegmentFolderAsync(_folder.Root, cancellation: Stop))
            {
                Assert.True(file.Succeeded);
                break;
            }
        }

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        int taken = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (SegmentedFile file in _segmenter.SegmentFolderAsync(_folder.Root, cancellation: Stop).WithCancellation(end.Token))
            {
                taken++;
                await end.CancelAsync();
            }
        });
        Assert.InRange(taken, 1, 11);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_and_a_damaged_model_are_errors_of_the_run()
    {
        await Assert.ThrowsAsync<FcnSharpException>(() => First(_segmenter, _folder["none"]));

        PngFile.WriteRgb(_folder["a.png"], new RgbImage(20, 20));
        ModelFile.Save(_folder["m.safetensors"], MiniNet.Description, [.. _network.Save().Select(t => new NamedTensor(t.Key, t.Value))]);
        byte[] bytes = await File.ReadAllBytesAsync(_folder["m.safetensors"], Stop);
        bytes[^5] ^= 1;
        await File.WriteAllBytesAsync(_folder["m.safetensors"], bytes, Stop);
        using Segmenter damaged = Segmenter.Load(_folder["m.safetensors"], _device);
        var e = await Assert.ThrowsAsync<FcnSharpException>(() => First(damaged, _folder.Root));
        Assert.Contains("do not match their hash", e.Message, StringComparison.Ordinal);
    }

    private static async Task First(Segmenter segmenter, string folder)
    {
        await foreach (SegmentedFile file in segmenter.SegmentFolderAsync(folder, cancellation: Stop))
        {
            Assert.Fail($"{file} although the run cannot go on");
        }
    }

    private static RgbImage Scene(int width, int height, int index) => SyntheticScenes.Generate(width, height, 5, index).Image;

    private static void Same(Segmentation expected, Segmentation found)
    {
        Assert.Equal(expected.Map.Labels, found.Map.Labels);
        if (found.HasConfidence)
        {
            Assert.Equal(expected.Confidence.ToArray(), found.Confidence.ToArray());
        }
    }

    /// <summary>Knows how many pictures it has decoded.</summary>
    private sealed class CountingDecoder : IImageDecoder
    {
        private int _decoded;

        public int Decoded => Volatile.Read(ref _decoded);

        public string Format => "Counted";

        public bool Recognizes(ReadOnlySpan<byte> head) => true;

        public (int Width, int Height) ReadSize(Stream stream, string name) => (16, 16);

        public RgbImage Decode(Stream stream, string name, long maxPixels)
        {
            Interlocked.Increment(ref _decoded);
            return new RgbImage(16, 16);
        }
    }
}
