namespace FcnSharp.Imaging;

/// <summary>Cuts the compressed pixels into IDAT chunks of bounded size, as their length stands before their data.</summary>
internal sealed class PngDataWriteStream(PngChunkWriter chunks) : Stream
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;
    private bool _abandoned;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From now on nothing is written: the picture was given up, perhaps because the target failed.</summary>
    public void Abandon() => _abandoned = true;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _buffer.Length - _used);
            buffer[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
            if (_used == _buffer.Length)
            {
                WriteChunk();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _used > 0)
        {
            WriteChunk();
        }

        base.Dispose(disposing);
    }

    private void WriteChunk()
    {
        if (!_abandoned)
        {
            chunks.Write("IDAT"u8, _buffer.AsSpan(0, _used));
        }

        _used = 0;
    }
}
