using FcnSharp.Tensors;
using Google.Protobuf;

namespace FcnSharp.Formats.Onnx;

/// <summary>
/// Writes a model as ONNX's protobuf message (onnx.proto: ModelProto). Everything but the constants is small and is made in memory; the
/// constants follow as a stream, their lengths being known beforehand.
/// </summary>
internal static class OnnxWriter
{
    /// <summary>Protobuf's readers refuse longer messages.</summary>
    private const long LongestMessage = int.MaxValue;

    /// <summary>Writes the model.</summary>
    /// <exception cref="FcnSharpException">It would be longer than 2 GiB, more than the format allows.</exception>
    public static void Write(OnnxModel model, Stream stream)
    {
        byte[] structure = Bytes(output => WriteStructure(model, output));
        byte[][] heads = [.. model.Graph.Constants.Select(ConstantHead)];
        long constants = model.Graph.Constants.Zip(heads, (c, head) => FieldBytes(head.Length + c.Bytes)).Sum();
        long graph = structure.Length + constants;
        byte[] description = Bytes(output => WriteDescription(model, output));
        if (description.Length + FieldBytes(graph) > LongestMessage)
        {
            throw new FcnSharpException(FormattableString.Invariant($"The ONNX file would have {graph} bytes, but the format ends at {LongestMessage}: store half precision."));
        }

        stream.Write(description);
        stream.Write(Bytes(output => WriteHead(output, field: 7, graph)));
        stream.Write(structure);
        foreach ((OnnxConstant constant, byte[] head) in model.Graph.Constants.Zip(heads))
        {
            stream.Write(Bytes(output => WriteHead(output, field: 5, head.Length + constant.Bytes)));
            stream.Write(head);
            constant.Write(stream);
        }
    }

    private static void WriteDescription(OnnxModel model, CodedOutputStream output)
    {
        Integer(output, 1, model.FormatVersion);
        Text(output, 2, "FcnSharp");
        Message(output, 8, opset =>
        {
            Text(opset, 1, "");
            Integer(opset, 2, model.Opset);
        });
        foreach ((string key, string value) in model.Metadata)
        {
            Message(output, 14, entry =>
            {
                Text(entry, 1, key);
                Text(entry, 2, value);
            });
        }
    }

    private static void WriteStructure(OnnxModel model, CodedOutputStream output)
    {
        foreach (OnnxNode node in model.Graph.Nodes)
        {
            Message(output, 1, o => WriteNode(node, o));
        }

        Text(output, 2, model.Name);
        foreach (OnnxValue value in model.Graph.Inputs)
        {
            Message(output, 11, o => WriteValue(value, o));
        }

        foreach (OnnxValue value in model.Graph.Outputs)
        {
            Message(output, 12, o => WriteValue(value, o));
        }
    }

    private static void WriteNode(OnnxNode node, CodedOutputStream output)
    {
        foreach (string input in node.Inputs)
        {
            Text(output, 1, input);
        }

        foreach (string name in node.Outputs)
        {
            Text(output, 2, name);
        }

        Text(output, 3, node.Name);
        Text(output, 4, node.Operator);
        foreach (OnnxAttribute attribute in node.Attributes)
        {
            Message(output, 5, o => WriteAttribute(attribute, o));
        }
    }

    private static void WriteAttribute(OnnxAttribute attribute, CodedOutputStream output)
    {
        Text(output, 1, attribute.Name);
        switch (attribute.Value)
        {
            case float number:
                output.WriteTag(2, WireFormat.WireType.Fixed32);
                output.WriteFloat(number);
                Integer(output, 20, 1);
                break;
            case long number:
                Integer(output, 3, number);
                Integer(output, 20, 2);
                break;
            case string text:
                Text(output, 4, text);
                Integer(output, 20, 3);
                break;
            case IReadOnlyList<long> numbers:
                foreach (long number in numbers)
                {
                    Integer(output, 8, number);
                }

                Integer(output, 20, 7);
                break;
            default:
                throw new NotSupportedException($"An attribute of type {attribute.Value.GetType()}.");
        }
    }

    private static void WriteValue(OnnxValue value, CodedOutputStream output)
    {
        Text(output, 1, value.Name);
        Message(output, 2, type => Message(type, 1, tensor =>
        {
            Integer(tensor, 1, (long)value.Type);
            Message(tensor, 2, shape =>
            {
                foreach (object size in value.Sizes)
                {
                    Message(shape, 1, dimension =>
                    {
                        if (size is string name)
                        {
                            Text(dimension, 2, name);
                        }
                        else
                        {
                            Integer(dimension, 1, Convert.ToInt64(size, System.Globalization.CultureInfo.InvariantCulture));
                        }
                    });
                }
            });
        }));
    }

    /// <summary>A constant up to its elements, which come last.</summary>
    private static byte[] ConstantHead(OnnxConstant constant) => Bytes(output =>
    {
        foreach (long size in constant.Sizes)
        {
            Integer(output, 1, size);
        }

        Integer(output, 2, (long)constant.Type);
        Text(output, 8, constant.Name);
        WriteHead(output, 9, constant.Bytes);
    });

    private static long FieldBytes(long length) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)length) + length;

    /// <summary>Tag and length of a field whose content follows.</summary>
    private static void WriteHead(CodedOutputStream output, int field, long length)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteUInt64((ulong)length);
    }

    private static void Integer(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    private static void Message(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(Bytes(write)));
    }

    private static byte[] Bytes(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
        {
            write(output);
        }

        return memory.ToArray();
    }
}
