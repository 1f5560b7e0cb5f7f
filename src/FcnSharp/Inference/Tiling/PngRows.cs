using FcnSharp.Imaging;
using FcnSharp.Tensors;

namespace FcnSharp.Inference.Tiling;

/// <summary>A PNG that is written by rows and appears under its name when it is whole. What the file system refuses is told as one line.</summary>
internal sealed class PngRows : IDisposable
{
    private readonly string _path;
    private readonly PendingFile _file;
    private readonly PngWriter _writer;

    /// <summary>Starts the file.</summary>
    /// <exception cref="FcnSharpException">The file system refused.</exception>
    public PngRows(string path, int width, int height, PngColorType colorType, int bitDepth, PngPacking packing, Palette? palette = null)
    {
        _path = path;
        _file = new PendingFile(path);
        try
        {
            _writer = new PngWriter(_file.Content, width, height, colorType, bitDepth, palette, packing);
        }
        catch (Exception e)
        {
            _file.Dispose();
            throw AtomicFile.IsOfFileSystem(e) ? AtomicFile.Refusal(path, e) : e;
        }
    }

    /// <summary>Writes the next row.</summary>
    public void Write(ReadOnlySpan<byte> row)
    {
        try
        {
            _writer.WriteRow(row);
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            throw AtomicFile.Refusal(_path, e);
        }
    }

    /// <summary>Writes the next row.</summary>
    public void Write(ReadOnlySpan<ushort> row)
    {
        try
        {
            _writer.WriteRow(row);
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            throw AtomicFile.Refusal(_path, e);
        }
    }

    /// <summary>Ends the file and gives it its name.</summary>
    public void Commit()
    {
        try
        {
            _writer.Finish();
        }
        catch (Exception e) when (AtomicFile.IsOfFileSystem(e))
        {
            throw AtomicFile.Refusal(_path, e);
        }

        _file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }
}
