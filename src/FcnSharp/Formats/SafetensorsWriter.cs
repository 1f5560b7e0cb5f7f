using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// Writes safetensors files. The same input gives the same bytes: metadata sorted by key (ordinal), tensors in the order
/// given, no insignificant white space but the spaces that pad the header to a multiple of 8 bytes.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The relaxed encoder keeps names and nested JSON readable; nothing here ends up in HTML.
    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file: to a temporary one beside it, flushed to disk, then renamed; a failure leaves the old file whole.</summary>
    /// <param name="path">The file, replaced when it exists.</param>
    /// <param name="tensors">The tensors, in the order in which the file is to hold them.</param>
    /// <param name="metadata">The file's string map; null for none.</param>
    /// <param name="type">F32, F16 or BF16; rounded to nearest, ties to even.</param>
    /// <exception cref="FcnSharpException">
    /// A name that is empty, reserved, not valid Unicode or used twice; a finite value beyond the range of the type; or the file cannot be written.
    /// </exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null, ElementType type = ElementType.F32)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        CheckTensors(path, tensors, type);
        byte[] header = Header(path, tensors, metadata, type);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (NamedTensor tensor in tensors)
            {
                TensorEncoder.Encode(tensor.Tensor.Span, type, stream.Write);
            }
        });
    }

    private static byte[] Header(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata, ElementType type)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write(stackalloc byte[sizeof(long)]);
        using (Utf8JsonWriter json = new(bytes, HeaderOptions))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteEntries(json, tensors, type);
            json.WriteEndObject();
        }

        while (bytes.WrittenCount % 8 != 0)
        {
            bytes.Write(" "u8);
        }

        int length = bytes.WrittenCount - sizeof(long);
        if (length > SafetensorsHeader.MaxLength)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)}: the header would have {length} bytes, the format allows {SafetensorsHeader.MaxLength}; shorten the metadata or the names."));
        }

        byte[] header = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is not { Count: > 0 })
        {
            return;
        }

        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter json, IReadOnlyList<NamedTensor> tensors, ElementType type)
    {
        long begin = 0;
        foreach (NamedTensor tensor in tensors)
        {
            Shape shape = tensor.Tensor.Shape;
            long end = begin + (shape.ElementCount * type.Size());
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype"u8, type.FileName());
            json.WriteStartArray("shape"u8);
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                json.WriteNumberValue(shape[axis]);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets"u8);
            json.WriteNumberValue(begin);
            json.WriteNumberValue(end);
            json.WriteEndArray();
            json.WriteEndObject();
            begin = end;
        }
    }

    private static void CheckTensors(string path, IReadOnlyList<NamedTensor> tensors, ElementType type)
    {
        if (type is not (ElementType.F32 or ElementType.F16 or ElementType.BF16))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Tensors are written as F32, F16 or BF16.");
        }

        HashSet<string> names = [];
        foreach (NamedTensor tensor in tensors)
        {
            if (tensor.Name is "" or SafetensorsHeader.MetadataKey || !IsUnicode(tensor.Name) || !names.Add(tensor.Name))
            {
                throw new FcnSharpException($"{ErrorText.OneLine(path)} was not written: the tensor name {ErrorText.Quote(tensor.Name)} is empty, reserved, not valid Unicode or used twice; rename the tensor.");
            }

            int overflow = FloatConversion.IndexOfOverflow(tensor.Tensor.Span, type);
            if (overflow >= 0)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} was not written: tensor {ErrorText.Quote(tensor.Name)} holds {tensor.Tensor.Span[overflow]} at element {overflow}, beyond the range of {type.FileName()}; write it as F32."));
            }
        }
    }

    private static bool IsUnicode(string name)
    {
        try
        {
            StrictUtf8.GetByteCount(name);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
