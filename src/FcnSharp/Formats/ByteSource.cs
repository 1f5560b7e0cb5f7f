using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// A run of bytes of a weight file, read once from front to back by ordinary reads: a memory map would end the process
/// when the file is cut short under it. What the system or the decompressor complains of becomes one clear line.
/// </summary>
/// <param name="stream">Where the bytes come from, standing at the first one.</param>
/// <param name="length">How many bytes belong to the run.</param>
/// <param name="expectedCrc">The checksum of the run, null where the format has none.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="what">What the run is, for messages, such as entry 'a/data/0'.</param>
/// <param name="ownsStream">Whether the stream is closed with the run.</param>
internal sealed class ByteSource(Stream stream, long length, uint? expectedCrc, string path, string what, bool ownsStream) : IDisposable
{
    private Crc32 _crc = Started();
    private long _read;

    /// <summary>How many bytes belong to the run.</summary>
    public long Length => length;

    /// <summary>How many of them have not been read yet.</summary>
    public long Remaining => length - _read;

    /// <summary>The file, for messages.</summary>
    public string Path => path;

    /// <summary>What the run is, for messages.</summary>
    public string What => what;

    /// <summary>Fills the span with the next bytes.</summary>
    /// <exception cref="FcnSharpException">The run or the file ends before, or cannot be read.</exception>
    public void ReadExactly(Span<byte> target)
    {
        if (target.Length > Remaining)
        {
            throw CutShort(_read + target.Length);
        }

        for (int done = 0; done < target.Length;)
        {
            int read = ReadSome(target[done..]);
            if (read == 0)
            {
                throw CutShort(length);
            }

            if (expectedCrc is not null)
            {
                _crc.Append(target.Slice(done, read));
            }

            done += read;
            _read += read;
        }
    }

    /// <summary>Checks, once all has been read, that nothing follows and that the checksum is right.</summary>
    /// <exception cref="FcnSharpException">Bytes are left, or the checksum is another one.</exception>
    public void Complete()
    {
        if (Remaining > 0 || (expectedCrc is not null && ReadSome(stackalloc byte[1]) > 0))
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)}: {what} is longer than its content, which ends after {_read} bytes; the file was damaged: download or export it again."));
        }

        if (expectedCrc is { } expected && _crc.Value != expected)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)}: {what} was damaged: expected the checksum {expected:x8}, found {_crc.Value:x8}; download or export it again."));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ownsStream)
        {
            stream.Dispose();
        }
    }

    private static Crc32 Started()
    {
        Crc32 crc = default;
        crc.Reset();
        return crc;
    }

    private int ReadSome(Span<byte> target)
    {
        try
        {
            return stream.Read(target);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)}: {what} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); download or export it again.", e);
        }
    }

    private FcnSharpException CutShort(long needed) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)}: {what} is cut short: it ends at byte {_read}, expected {needed}; copy it again once nothing writes it."));
}
