namespace FcnSharp.Imaging;

/// <summary>The data of consecutive IDAT chunks as one read-only stream: what the decompressor reads.</summary>
internal sealed class PngDataStream(PngChunkReader chunks) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether the first chunk that is no IDAT has been reached.</summary>
    private bool AtEnd => chunks.Type != "IDAT";

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        // An empty IDAT is legal, but a read of 0 bytes would tell the decompressor that the data ends.
        while (!AtEnd)
        {
            int count = chunks.Read(buffer);
            if (count > 0 || buffer.IsEmpty)
            {
                return count;
            }

            chunks.End();
            chunks.Next();
        }

        return 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Passes over what the decompressor left and stops at the first chunk that is no IDAT.</summary>
    public void Drain()
    {
        while (!AtEnd)
        {
            chunks.End();
            chunks.Next();
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
