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
        byte[] structure = ProtobufMessage.Bytes(output => WriteStructure(model, output));
        byte[][] heads = [.. model.Graph.Constants.Select(ConstantHead)];
        long constants = model.Graph.Constants.Zip(heads, (c, head) => FieldBytes(head.Length + c.Bytes)).Sum();
        long graph = structure.Length + constants;
        byte[] description = ProtobufMessage.Bytes(output => WriteDescription(model, output));
        if (description.Length + FieldBytes(graph) > LongestMessage)
        {
            throw new FcnSharpException(FormattableString.Invariant($"The ONNX file would have {graph} bytes, but the format ends at {LongestMessage}: store half precision."));
        }

        stream.Write(description);
        stream.Write(ProtobufMessage.Bytes(output => output.WriteHead(field: 7, graph)));
        stream.Write(structure);
        foreach ((OnnxConstant constant, byte[] head) in model.Graph.Constants.Zip(heads))
        {
            stream.Write(ProtobufMessage.Bytes(output => output.WriteHead(field: 5, head.Length + constant.Bytes)));
            stream.Write(head);
            constant.Write(stream);
        }
    }

    private static void WriteDescription(OnnxModel model, CodedOutputStream output)
    {
        output.WriteNumber(1, model.FormatVersion);
        output.WriteText(2, "FcnSharp");
        output.WriteMessage(8, opset =>
        {
            opset.WriteText(1, "");
            opset.WriteNumber(2, model.Opset);
        });
        foreach ((string key, string value) in model.Metadata)
        {
            output.WriteMessage(14, entry =>
            {
                entry.WriteText(1, key);
                entry.WriteText(2, value);
            });
        }
    }

    private static void WriteStructure(OnnxModel model, CodedOutputStream output)
    {
        foreach (OnnxNode node in model.Graph.Nodes)
        {
            output.WriteMessage(1, o => WriteNode(node, o));
        }

        output.WriteText(2, model.Name);
        foreach (OnnxValue value in model.Graph.Inputs)
        {
            output.WriteMessage(11, o => WriteValue(value, o));
        }

        foreach (OnnxValue value in model.Graph.Outputs)
        {
            output.WriteMessage(12, o => WriteValue(value, o));
        }
    }

    private static void WriteNode(OnnxNode node, CodedOutputStream output)
    {
        foreach (string input in node.Inputs)
        {
            output.WriteText(1, input);
        }

        foreach (string name in node.Outputs)
        {
            output.WriteText(2, name);
        }

        output.WriteText(3, node.Name);
        output.WriteText(4, node.Operator);
        foreach (OnnxAttribute attribute in node.Attributes)
        {
            output.WriteMessage(5, o => WriteAttribute(attribute, o));
        }
    }

    private static void WriteAttribute(OnnxAttribute attribute, CodedOutputStream output)
    {
        output.WriteText(1, attribute.Name);
        switch (attribute.Value)
        {
            case float number:
                output.WriteTag(2, WireFormat.WireType.Fixed32);
                output.WriteFloat(number);
                output.WriteNumber(20, 1);
                break;
            case long number:
                output.WriteNumber(3, number);
                output.WriteNumber(20, 2);
                break;
            case string text:
                output.WriteText(4, text);
                output.WriteNumber(20, 3);
                break;
            case IReadOnlyList<long> numbers:
                foreach (long number in numbers)
                {
                    output.WriteNumber(8, number);
                }

                output.WriteNumber(20, 7);
                break;
            default:
                throw new NotSupportedException($"An attribute of type {attribute.Value.GetType()}.");
        }
    }

    private static void WriteValue(OnnxValue value, CodedOutputStream output)
    {
        output.WriteText(1, value.Name);
        output.WriteMessage(2, type => type.WriteMessage(1, tensor =>
        {
            tensor.WriteNumber(1, (long)value.Type);
            tensor.WriteMessage(2, shape =>
            {
                foreach (object size in value.Sizes)
                {
                    shape.WriteMessage(1, dimension =>
                    {
                        if (size is string name)
                        {
                            dimension.WriteText(2, name);
                        }
                        else
                        {
                            dimension.WriteNumber(1, Convert.ToInt64(size, System.Globalization.CultureInfo.InvariantCulture));
                        }
                    });
                }
            });
        }));
    }

    /// <summary>A constant up to its elements, which come last.</summary>
    private static byte[] ConstantHead(OnnxConstant constant) => ProtobufMessage.Bytes(output =>
    {
        foreach (long size in constant.Sizes)
        {
            output.WriteNumber(1, size);
        }

        output.WriteNumber(2, (long)constant.Type);
        output.WriteText(8, constant.Name);
        output.WriteHead(9, constant.Bytes);
    });

    private static long FieldBytes(long length) => 1 + CodedOutputStream.ComputeUInt64Size((ulong)length) + length;
}
