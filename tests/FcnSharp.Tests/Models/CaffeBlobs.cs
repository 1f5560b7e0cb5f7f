using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using FcnSharp.Formats;
using FcnSharp.Tensors;

namespace FcnSharp.Tests.Models;

/// <summary>Just enough of a .caffemodel of V1 layers for the golden checks: names and blobs, from a file that is known to be sound.</summary>
internal static class CaffeBlobs
{
    private const int Layers = 2;
    private const int LayerName = 4;
    private const int LayerBlobs = 6;
    private const int BlobData = 5;

    public static IReadOnlyList<NamedTensor> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var tensors = new List<NamedTensor>();
        foreach ((int field, ReadOnlyMemory<byte> layer, _) in Fields(file).Where(f => f.Field == Layers))
        {
            List<(int Field, ReadOnlyMemory<byte> Bytes, long Number)> fields = [.. Fields(layer)];
            string name = Encoding.UTF8.GetString(fields.First(f => f.Field == LayerName).Bytes.Span);
            string[] roles = ["weight", "bias"];
            tensors.AddRange(fields.Where(f => f.Field == LayerBlobs).Select((blob, i) => new NamedTensor($"{name}.{roles[i]}", Blob(blob.Bytes))));
        }

        return tensors;
    }

    /// <summary>num, channels, height and width are the fields 1 to 4.</summary>
    private static Tensor Blob(ReadOnlyMemory<byte> bytes)
    {
        List<(int Field, ReadOnlyMemory<byte> Bytes, long Number)> fields = [.. Fields(bytes)];
        int[] axes = [.. Enumerable.Range(1, 4).Select(f => (int)fields.Single(x => x.Field == f).Number)];
        return new Tensor(new Shape(axes), MemoryMarshal.Cast<byte, float>(fields.Single(f => f.Field == BlobData).Bytes.Span).ToArray());
    }

    private static IEnumerable<(int Field, ReadOnlyMemory<byte> Bytes, long Number)> Fields(ReadOnlyMemory<byte> message)
    {
        int at = 0;
        while (at < message.Length)
        {
            long tag = Varint(message.Span, ref at);
            (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
            switch (wire)
            {
                case 0:
                    yield return (field, default, Varint(message.Span, ref at));
                    break;
                case 2:
                    int length = (int)Varint(message.Span, ref at);
                    yield return (field, message.Slice(at, length), 0);
                    at += length;
                    break;
                case 5:
                    yield return (field, default, BinaryPrimitives.ReadInt32LittleEndian(message.Span[at..]));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {wire}.");
            }
        }
    }

    private static long Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[at++];
            value |= (long)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
