using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Caffe;

/// <summary>Reads a whole .caffemodel: its structure first, then each blob straight into its tensor.</summary>
internal static class CaffeModelReader
{
    /// <summary>Reads a file.</summary>
    public static CaffeModel Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            CaffeWire wire = Open(stream, path);
            CaffeIndex index = CaffeIndex.Read(wire);
            return new CaffeModel(index.Name, [.. index.Layers.Select(layer => layer.Layer with { Blobs = [.. layer.Blobs.Select(blob => ReadBlob(wire, layer.Layer.Name, blob))] })]);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} was not found; check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} cannot be read ({ErrorText.OneLine(e.Message).TrimEnd('.')}); check that it is a file and that you may read it.", e);
        }
    }

    /// <summary>Begins to read a stream.</summary>
    /// <exception cref="FcnSharpException">It is longer than a protobuf message may be.</exception>
    public static CaffeWire Open(FileStream stream, string path)
    {
        long length = stream.Length;
        return length <= int.MaxValue
            ? new CaffeWire(stream, path, length)
            : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} has {length} bytes, a .caffemodel at most {int.MaxValue}; give the weights alone, without the state of training."));
    }

    private static Tensor ReadBlob(CaffeWire wire, string layer, CaffeBlobPlace blob)
    {
        Tensor tensor = CaffeIndex.ReadBlob(wire, layer, blob, out long wrong);
        return wrong < 0
            ? tensor
            : throw wire.Error(string.Create(CultureInfo.InvariantCulture, $"has a NaN, an infinity or a number beyond 32-bit floats at element {wrong} of a blob of shape {blob.Shape}"));
    }
}
