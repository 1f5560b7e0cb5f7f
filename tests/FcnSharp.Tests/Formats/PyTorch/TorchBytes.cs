using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FcnSharp.Tests.Formats.PyTorch;

/// <summary>Builds PyTorch files byte by byte, so that tests can say what torch.save never would.</summary>
internal static class TorchBytes
{
    /// <summary>The operations that build {"w": a tensor of so many elements of storage '0', as PyTorch writes them}.</summary>
    public static byte[] OneTensor(int count = 4, string storage = "FloatStorage", int storageCount = 4, int offset = 0, int[]? sizes = null, int[]? strides = null) =>
        Pickle("}", Text("w"), Tensor(storage, "0", storageCount, offset, sizes ?? [count], strides ?? [1]), "s");

    /// <summary>The operations that build one tensor.</summary>
    public static byte[] Tensor(string storage, string key, int storageCount, int offset, int[] sizes, int[] strides) => Join(
        "ctorch._utils\n_rebuild_tensor_v2\n(",
        "(", Text("storage"), $"ctorch\n{storage}\n", Text(key), Text("cpu"), Number(storageCount), "tQ",
        Number(offset), "(", Join([.. sizes.Select(Number)]), "t(", Join([.. strides.Select(Number)]), "t", 0x89, "ccollections\nOrderedDict\n)R", "tR");

    /// <summary>A pickle of protocol 2: its mark, the operations, its end.</summary>
    public static byte[] Pickle(params object[] operations) => Join([0x80, 2, .. operations, "."]);

    /// <summary>Bytes one after the other: byte arrays, numbers of one byte, and text of Latin-1.</summary>
    public static byte[] Join(params object[] parts)
    {
        MemoryStream joined = new();
        foreach (object part in parts)
        {
            joined.Write(part switch
            {
                byte[] bytes => bytes,
                int number => [(byte)number],
                string text => Encoding.Latin1.GetBytes(text),
                _ => throw new ArgumentException(part.GetType().Name),
            });
        }

        return joined.ToArray();
    }

    /// <summary>BINUNICODE and its text.</summary>
    public static byte[] Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Join("X", length, utf8);
    }

    /// <summary>BININT and its number.</summary>
    public static byte[] Number(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Join("J", bytes);
    }

    /// <summary>An archive of a pickle, and of data/0, data/1, ... with the bytes given.</summary>
    public static byte[] Zip(byte[] pickle, params byte[][] storages) =>
        Archive([("a/data.pkl", pickle), .. storages.Select((bytes, i) => ($"a/data/{i}", bytes))]);

    /// <summary>An archive of named entries.</summary>
    public static byte[] Archive(params (string Name, byte[] Bytes)[] entries) => Archive(CompressionLevel.NoCompression, entries);

    /// <summary>An archive of named entries.</summary>
    public static byte[] Archive(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream content = archive.CreateEntry(name, level).Open();
                content.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    /// <summary>A file of the legacy form: magic number, protocol, machine, pickle, keys, then for each storage its count and bytes.</summary>
    public static byte[] Legacy(byte[] pickle, params (string Key, long Count, byte[] Bytes)[] storages)
    {
        object[] keys = [.. storages.Select(s => Text(s.Key))];
        byte[][] contents = [.. storages.Select(s =>
        {
            byte[] count = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(count, s.Count);
            return Join(count, s.Bytes);
        })];
        return Join(
            Pickle(0x8A, 10, new byte[] { 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19 }),
            Pickle("M", 0xE9, 3),
            Pickle("}", Text("little_endian"), 0x88, "s"),
            pickle,
            Pickle(["](", .. keys, "e"]),
            Join([.. contents]));
    }
}
