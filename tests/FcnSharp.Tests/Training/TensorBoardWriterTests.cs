using System.Buffers.Binary;
using System.Text;
using FcnSharp.Imaging;
using FcnSharp.TestKit;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

/// <summary>Event files, read back by a reader that shares no code with the writer.</summary>
public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330)]
    [InlineData("123456789", 0xE3069283)]
    public void The_checksum_is_the_one_of_Castagnoli(string text, uint expected)
    {
        Assert.Equal(expected, TensorBoardWriter.Checksum(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(expected, SlowChecksum(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void Checksums_of_all_lengths_agree_with_the_definition()
    {
        byte[] bytes = new byte[100];
        new Random(1).NextBytes(bytes);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.Equal(SlowChecksum(bytes.AsSpan(0, length)), TensorBoardWriter.Checksum(bytes.AsSpan(0, length))));

        // Of 32 zeros, from RFC 3720, masked by hand.
        Assert.Equal(0x8A9136AAu, TensorBoardWriter.Checksum(new byte[32]));
        Assert.Equal(unchecked(((0x8A9136AAu >> 15) | (0x8A9136AAu << 17)) + 0xA282EAD8u), TensorBoardWriter.MaskedChecksum(new byte[32]));
    }

    [Fact]
    public void Scalars_come_back_with_tag_step_and_time()
    {
        Clock clock = new();
        using TensorBoardWriter writer = TensorBoardWriter.Create(_temp["run"], clock);
        clock.Now += TimeSpan.FromSeconds(1.5);
        writer.AddScalar("loss/train", 1, 0.25);
        writer.AddScalar("lr", 3_000_000_000, double.NaN);

        Assert.StartsWith(_temp["run/events.out.tfevents.1767225600."], writer.FilePath, StringComparison.Ordinal);
        Event[] events = Read(writer.FilePath);
        Assert.Equal(3, events.Length);
        Assert.Equal((1767225600.0, "brain.Event:2"), (events[0].WallTime, events[0].Version));
        Assert.Equal((1767225601.5, 1L, "loss/train", 0.25f), (events[1].WallTime, events[1].Step, events[1].Tag, events[1].Value));
        Assert.Equal((3_000_000_000L, "lr", float.NaN), (events[2].Step, events[2].Tag, events[2].Value));
        Assert.All(events, e => Assert.False(e.IsStart));
    }

    [Fact]
    public void Images_come_back_as_they_were()
    {
        RgbImage image = TestImage();
        using TensorBoardWriter writer = TensorBoardWriter.Create(_temp["run"]);
        writer.AddImage("val/0001", 7, image);

        Event e = Read(writer.FilePath)[1];
        Assert.Equal((7L, "val/0001", 5, 4, 3), (e.Step, e.Tag, e.Height, e.Width, e.ColourSpace));
        using MemoryStream png = new(e.Png!);
        Assert.Equal(image.Pixels, PngFile.ReadRgb(png, "image").Pixels);
    }

    [Fact]
    public void Every_record_can_be_read_while_the_file_is_open()
    {
        using TensorBoardWriter writer = TensorBoardWriter.Create(_temp["run"]);
        for (int step = 0; step < 5; step++)
        {
            Assert.Equal(step + 1, Read(writer.FilePath).Length);
            writer.AddScalar("loss", step, step);
        }
    }

    [Fact]
    public void A_resumed_run_writes_a_file_of_its_own_and_says_from_which_step_it_counts()
    {
        Clock clock = new();
        string first;
        using (TensorBoardWriter writer = TensorBoardWriter.Create(_temp["run"], clock))
        {
            first = writer.FilePath;
            writer.AddScalar("loss", 1, 1);
        }

        byte[] before = File.ReadAllBytes(first);
        using TensorBoardWriter resumed = TensorBoardWriter.Create(_temp["run"], clock, firstStep: 101);
        resumed.AddScalar("loss", 101, 0.5);

        // Within the same second, so that the plain name is taken; it still sorts behind, as TensorBoard reads them.
        Assert.NotEqual(first, resumed.FilePath);
        Assert.True(string.CompareOrdinal(resumed.FilePath, first) > 0);
        Assert.Equal(before, File.ReadAllBytes(first));
        Event[] events = Read(resumed.FilePath);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((101L, true), (events[1].Step, events[1].IsStart));
        Assert.Equal((101L, 0.5f), (events[2].Step, events[2].Value));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_line()
    {
        File.WriteAllText(_temp["run"], "");
        var e = Assert.Throws<FcnSharp.Tensors.FcnSharpException>(() => TensorBoardWriter.Create(_temp["run"]));
        Assert.Contains("the event file could not be made", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TensorBoard_itself_reads_it()
    {
        using (TensorBoardWriter writer = TensorBoardWriter.Create(_temp["run"], new Clock()))
        {
            writer.AddScalar("loss", 1, 0.5);
            writer.AddScalar("loss", 2, 0.25);
            writer.AddImage("overlay", 2, TestImage());
        }

        File.WriteAllText(_temp["read.py"], """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            events = EventAccumulator(sys.argv[1])
            events.Reload()
            assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 0.5), (2, 0.25)], events.Scalars("loss")
            assert [(e.step, e.width, e.height) for e in events.Images("overlay")] == [(2, 4, 5)], events.Images("overlay")
            """);
        await Python.RunAsync([_temp["read.py"], _temp["run"]], "tensorboard", TestContext.Current.CancellationToken);
    }

    private static RgbImage TestImage()
    {
        RgbImage image = new(4, 5);
        new Random(2).NextBytes(image.Pixels);
        return image;
    }

    private static Event[] Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        List<Event> events = [];
        for (int at = 0; at < file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(SlowMasked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            Assert.Equal(SlowMasked(file.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            events.Add(new Event(Fields(file.AsSpan(at + 12, length))));
            at += 16 + length;
        }

        return [.. events];
    }

    private static uint SlowMasked(ReadOnlySpan<byte> bytes)
    {
        uint crc = SlowChecksum(bytes);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    /// <summary>Bit by bit, from the reflected polynomial.</summary>
    private static uint SlowChecksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
            }
        }

        return ~crc;
    }

    /// <summary>The fields of a protobuf message: numbers as they stand, others as their bytes.</summary>
    private static Dictionary<int, (ulong Number, byte[] Bytes)> Fields(ReadOnlySpan<byte> message)
    {
        Dictionary<int, (ulong, byte[])> fields = [];
        while (message.Length > 0)
        {
            ulong key = Varint(ref message);
            int length = (key & 7) switch { 0 => 0, 1 => 8, 5 => 4, _ => -1 };
            Assert.True((key & 7) is 0 or 1 or 2 or 5);
            ulong number = length == 0 || length < 0 ? Varint(ref message) : 0;
            length = length < 0 ? checked((int)number) : length;
            fields.Add((int)(key >> 3), (number, message[..length].ToArray()));
            message = message[length..];
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private sealed class Event
    {
        public Event(Dictionary<int, (ulong Number, byte[] Bytes)> fields)
        {
            WallTime = BitConverter.ToDouble(fields[1].Bytes);
            Step = (long)fields[2].Number;
            Version = fields.TryGetValue(3, out var version) ? Encoding.UTF8.GetString(version.Bytes) : null;
            IsStart = fields.TryGetValue(7, out var log) && Fields(log.Bytes)[1].Number == 1;
            if (fields.TryGetValue(5, out var summary))
            {
                var value = Fields(Fields(summary.Bytes)[1].Bytes);
                Tag = Encoding.UTF8.GetString(value[1].Bytes);
                Value = value.TryGetValue(2, out var scalar) ? BitConverter.ToSingle(scalar.Bytes) : null;
                if (value.TryGetValue(4, out var image))
                {
                    var picture = Fields(image.Bytes);
                    (Height, Width, ColourSpace, Png) = ((int)picture[1].Number, (int)picture[2].Number, (int)picture[3].Number, picture[4].Bytes);
                }
            }
        }

        public double WallTime { get; }

        public long Step { get; }

        public string? Version { get; }

        public bool IsStart { get; }

        public string? Tag { get; }

        public float? Value { get; }

        public int Height { get; }

        public int Width { get; }

        public int ColourSpace { get; }

        public byte[]? Png { get; }
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
