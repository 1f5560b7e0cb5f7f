using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>
/// A PNG that is decoded as its rows are asked for: only these are held, each once. Any colour type and bit depth, as 8-bit RGB the
/// way <see cref="PngReader.ReadRgbRow"/> gives it. An interlaced file has no rows before its end and is decoded whole.
/// </summary>
public sealed class PngPixelSource : IPixelSource, IDisposable
{
    private readonly PngReader _reader;
    private readonly CancellationToken _cancellation;
    private byte[][] _ring = [];
    private int _first;
    private int _end;

    /// <summary>Reads rows by a reader, of which none have been read; it belongs to this source then.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="cancellation">Looked at between rows.</param>
    public PngPixelSource(PngReader reader, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        (_reader, _cancellation) = (reader, cancellation);
    }

    /// <inheritdoc/>
    public int Width => _reader.Width;

    /// <inheritdoc/>
    public int Height => _reader.Height;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="maxInterlacedPixels">The most pixels of an interlaced file, which is held whole; others have no such limit.</param>
    /// <param name="cancellation">Looked at between rows.</param>
    /// <exception cref="FcnSharpException">The file cannot be opened, is no PNG, is damaged or cut short.</exception>
    public static PngPixelSource Open(string path, long maxInterlacedPixels = PngFile.DefaultMaxPixels, CancellationToken cancellation = default) =>
        new(PngReader.Open(path, maxInterlacedPixels), cancellation);

    /// <inheritdoc/>
    /// <exception cref="FcnSharpException">The file is damaged or cut short there.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all in the image, or an end goes back.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ReadRows(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, _first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Height - first);
        int end = first + count;
        ArgumentOutOfRangeException.ThrowIfLessThan(end, _end, nameof(count));
        MakeRoom(first, count);
        while (_reader.RowsRead < end)
        {
            _cancellation.ThrowIfCancellationRequested();
            _reader.ReadRgbRow(_ring[_reader.RowsRead % _ring.Length] ??= new byte[3 * Width]);
        }

        (_first, _end) = (first, end);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Row(int y) =>
        y >= _first && y < _end ? _ring[y % _ring.Length] : throw new ArgumentOutOfRangeException(nameof(y), y, $"Rows {_first} to {_end - 1} are ready.");

    /// <summary>Closes the file.</summary>
    public void Dispose() => _reader.Dispose();

    /// <summary>Rows that stay keep their arrays, which move to where a longer ring has them.</summary>
    private void MakeRoom(int first, int count)
    {
        if (count <= _ring.Length)
        {
            return;
        }

        byte[][] ring = new byte[count][];
        for (int y = Math.Max(first, _first); y < _end; y++)
        {
            ring[y % count] = _ring[y % _ring.Length];
        }

        _ring = ring;
    }
}
