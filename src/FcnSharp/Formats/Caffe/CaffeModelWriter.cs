using System.Globalization;
using System.Runtime.InteropServices;
using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Caffe;

/// <summary>Writes a .caffemodel in the newer format: layers with their shapes and packed floats, straight from the tensors.</summary>
internal static class CaffeModelWriter
{
    /// <summary>Writes a file.</summary>
    public static void Write(string path, CaffeModel model)
    {
        long size = Field(CaffeFields.NetName, CodedOutputStream.ComputeStringSize(model.Name));
        foreach (CaffeLayer layer in model.Layers)
        {
            CheckFinite(path, layer);
            long layerSize = LayerSize(layer);
            size += Field(CaffeFields.NetLayer, CodedOutputStream.ComputeLengthSize((int)Math.Min(layerSize, int.MaxValue))) + layerSize;
        }

        if (size > int.MaxValue)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} was not written: it would have {size} bytes, a .caffemodel at most {int.MaxValue}; write a .safetensors file."));
        }

        AtomicFile.Write(path, stream =>
        {
            using CodedOutputStream output = new(stream, leaveOpen: true);
            output.WriteTag(CaffeFields.Bytes(CaffeFields.NetName));
            output.WriteString(model.Name);
            foreach (CaffeLayer layer in model.Layers)
            {
                output.WriteTag(CaffeFields.Bytes(CaffeFields.NetLayer));
                output.WriteLength((int)LayerSize(layer));
                WriteLayer(output, stream, layer);
            }
        });
    }

    private static void WriteLayer(CodedOutputStream output, Stream stream, CaffeLayer layer)
    {
        foreach ((int field, string text) in Texts(layer))
        {
            output.WriteTag(CaffeFields.Bytes(field));
            output.WriteString(text);
        }

        foreach (Tensor blob in layer.Blobs)
        {
            output.WriteTag(CaffeFields.Bytes(CaffeFields.Layer.Blob));
            output.WriteLength((int)BlobSize(blob));
            WriteBlob(output, stream, blob);
        }
    }

    private static void WriteBlob(CodedOutputStream output, Stream stream, Tensor blob)
    {
        output.WriteTag(CaffeFields.Bytes(CaffeFields.BlobShape));
        output.WriteLength((int)ShapeSize(blob.Shape));
        if (blob.Shape.Rank > 0)
        {
            output.WriteTag(CaffeFields.Bytes(CaffeFields.ShapeDimension));
            output.WriteLength(DimensionsSize(blob.Shape));
            foreach (int dimension in blob.Shape.ToArray())
            {
                output.WriteInt64(dimension);
            }
        }

        output.WriteTag(CaffeFields.Bytes(CaffeFields.BlobData));
        output.WriteLength((int)DataSize(blob));
        if (!BitConverter.IsLittleEndian)
        {
            foreach (float value in blob.Span)
            {
                output.WriteFloat(value);
            }

            return;
        }

        output.Flush();
        stream.Write(MemoryMarshal.AsBytes(blob.Span));
    }

    private static IEnumerable<(int Field, string Text)> Texts(CaffeLayer layer)
    {
        yield return (CaffeFields.Layer.Name, layer.Name);
        if (layer.Type.Length > 0)
        {
            yield return (CaffeFields.Layer.Type, layer.Type);
        }

        foreach (string bottom in layer.Bottoms)
        {
            yield return (CaffeFields.Layer.Bottom, bottom);
        }

        foreach (string top in layer.Tops)
        {
            yield return (CaffeFields.Layer.Top, top);
        }
    }

    private static long LayerSize(CaffeLayer layer) =>
        Texts(layer).Sum(text => Field(text.Field, CodedOutputStream.ComputeStringSize(text.Text)))
        + layer.Blobs.Sum(blob => Nested(CaffeFields.Layer.Blob, BlobSize(blob)));

    private static long BlobSize(Tensor blob) =>
        Nested(CaffeFields.BlobShape, ShapeSize(blob.Shape)) + Nested(CaffeFields.BlobData, DataSize(blob));

    private static long ShapeSize(Shape shape) => shape.Rank == 0 ? 0 : Nested(CaffeFields.ShapeDimension, DimensionsSize(shape));

    private static int DimensionsSize(Shape shape) => shape.ToArray().Sum(dimension => CodedOutputStream.ComputeInt64Size(dimension));

    private static long DataSize(Tensor blob) => blob.Shape.ElementCount * sizeof(float);

    private static long Nested(int field, long size) => Field(field, CodedOutputStream.ComputeLengthSize((int)Math.Min(size, int.MaxValue))) + size;

    private static long Field(int field, long size) => CodedOutputStream.ComputeTagSize(field) + size;

    private static void CheckFinite(string path, CaffeLayer layer)
    {
        foreach (Tensor blob in layer.Blobs)
        {
            int index = FloatConversion.IndexOfNonFinite(blob.Span);
            if (index >= 0)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} was not written: layer {ErrorText.Quote(layer.Name)} holds a NaN or an infinity at element {index} of a blob of shape {blob.Shape}, expected finite numbers; if training diverged, lower the learning rate."));
            }
        }
    }
}
