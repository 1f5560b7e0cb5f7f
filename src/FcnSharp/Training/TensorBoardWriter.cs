using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using FcnSharp.Formats;
using FcnSharp.Imaging;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Training;

/// <summary>
/// Figures and pictures of a run as an event file, which TensorBoard reads while it grows. Each record goes to the system when
/// it is added, so a killed run loses none. A resumed run writes a further file into the same folder. For one thread at a time.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private const int MaxFilesOfASecond = 1000;
    private const uint ChecksumMask = 0xa282ead8;
    private const int ColourSpaceRgb = 3;
    private const int SessionStart = 1;

    private readonly FileStream _stream;
    private readonly TimeProvider _time;

    private TensorBoardWriter(FileStream stream, TimeProvider time)
    {
        _stream = stream;
        _time = time;
    }

    /// <summary>The event file: <c>events.out.tfevents.SECONDS.HOST</c>.</summary>
    public string FilePath => _stream.Name;

    /// <summary>Starts a new event file.</summary>
    /// <param name="folder">The run's folder, made where it is missing; TensorBoard takes its name as the run's.</param>
    /// <param name="time">The clock that dates the records; the system's if null.</param>
    /// <param name="firstStep">Of a resumed run the first step that it makes anew: what older files have from there on is then not shown. 0 for a new run.</param>
    /// <exception cref="FcnSharpException">The file cannot be made.</exception>
    public static TensorBoardWriter Create(string folder, TimeProvider? time = null, long firstStep = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        time ??= TimeProvider.System;
        TensorBoardWriter writer = new(Open(folder, time), time);
        try
        {
            writer.Write(0, output => output.WriteText(Event.Version, "brain.Event:2"));
            if (firstStep > 0)
            {
                writer.Write(firstStep, output => output.WriteMessage(Event.SessionLog, log => log.WriteNumber(Session.Status, SessionStart)));
            }

            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Adds a point of a curve.</summary>
    /// <param name="tag">The curve's name; curves with the same beginning up to a slash are shown together.</param>
    /// <param name="step">Steps done, from 0.</param>
    /// <param name="value">The figure, stored as 32-bit float.</param>
    /// <exception cref="FcnSharpException">The file cannot be written.</exception>
    public void AddScalar(string tag, long step, double value) => AddValue(tag, step, output =>
    {
        output.WriteTag(Value.Scalar, WireFormat.WireType.Fixed32);
        output.WriteFloat((float)value);
    });

    /// <summary>Adds a picture, stored as PNG.</summary>
    /// <param name="tag">The series' name.</param>
    /// <param name="step">Steps done, from 0.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="FcnSharpException">The file cannot be written.</exception>
    public void AddImage(string tag, long step, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        AddValue(tag, step, output => output.WriteMessage(Value.Image, picture =>
        {
            picture.WriteNumber(Picture.Height, image.Height);
            picture.WriteNumber(Picture.Width, image.Width);
            picture.WriteNumber(Picture.ColourSpace, ColourSpaceRgb);
            picture.WriteBytes(Picture.Encoded, PngFile.EncodeRgb(image));
        }));
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>The checksum of the records: CRC-32C, rotated and shifted, because a checksum of data that holds checksums is weak.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = Checksum(bytes);
        return BitOperations.RotateRight(crc, 15) + ChecksumMask;
    }

    /// <summary>CRC-32C (Castagnoli).</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    /// <summary>A file that nobody else has: two runs may start within a second, which is all that the name tells.</summary>
    private static FileStream Open(string folder, TimeProvider time)
    {
        string host = string.Concat(Environment.MachineName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{time.GetUtcNow().ToUnixTimeSeconds():D10}.{host}");
        try
        {
            Directory.CreateDirectory(folder);
            for (int more = 0; ; more++)
            {
                string path = Path.Combine(folder, more == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{more}"));
                try
                {
                    return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
                }
                catch (IOException) when (File.Exists(path) && more < MaxFilesOfASecond)
                {
                    // Taken: the next number.
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{Path.Combine(folder, name)}: the event file could not be made ({OneLine(e)}); check the folder.", e);
        }
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');

    private void AddValue(string tag, long step, Action<CodedOutputStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Write(step, output => output.WriteMessage(Event.Summary, summary => summary.WriteMessage(Summary.Value, value =>
        {
            value.WriteText(Value.Tag, tag);
            write(value);
        })));
    }

    /// <summary>Writes one event, framed as a TFRecord: length, its checksum, content, its checksum.</summary>
    private void Write(long step, Action<CodedOutputStream> write)
    {
        TimeSpan now = _time.GetUtcNow() - DateTimeOffset.UnixEpoch;
        byte[] content = ProtobufMessage.Bytes(output =>
        {
            output.WriteTag(Event.WallTime, WireFormat.WireType.Fixed64);
            output.WriteDouble(now.TotalSeconds);
            output.WriteNumber(Event.Step, step);
            write(output);
        });

        byte[] record = new byte[sizeof(ulong) + sizeof(uint) + content.Length + sizeof(uint)];
        BinaryPrimitives.WriteInt64LittleEndian(record, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedChecksum(record.AsSpan(0, sizeof(ulong))));
        content.CopyTo(record.AsSpan(sizeof(ulong) + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), MaskedChecksum(content));
        try
        {
            // One write for the whole record: a reader that looks meanwhile sees all of it or waits for the rest.
            _stream.Write(record);
        }
        catch (IOException e)
        {
            throw new FcnSharpException($"{FilePath}: the event file could not be written ({OneLine(e)}); free some space and resume.", e);
        }
    }

    // Numbers of the fields in TensorFlow's event.proto and summary.proto.
    private static class Event
    {
        public const int WallTime = 1;
        public const int Step = 2;
        public const int Version = 3;
        public const int Summary = 5;
        public const int SessionLog = 7;
    }

    private static class Session
    {
        public const int Status = 1;
    }

    private static class Summary
    {
        public const int Value = 1;
    }

    private static class Value
    {
        public const int Tag = 1;
        public const int Scalar = 2;
        public const int Image = 4;
    }

    private static class Picture
    {
        public const int Height = 1;
        public const int Width = 2;
        public const int ColourSpace = 3;
        public const int Encoded = 4;
    }
}
