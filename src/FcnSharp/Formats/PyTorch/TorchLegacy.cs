using System.Buffers.Binary;
using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>
/// The form before PyTorch 1.6: five pickles (a magic number, the protocol, the machine, the value, the keys of the storages),
/// then for each key the number of elements as int64 and the elements.
/// </summary>
internal sealed class TorchLegacy : TorchContainer
{
    private const long Protocol = 1001;

    /// <summary>The magic number as the pickle of every such file holds it.</summary>
    private static readonly byte[] Magic = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly Dictionary<string, (long Start, long Count)> _storages = [];

    private TorchLegacy(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
        PickleInput input = new(ReadStart(), path);
        TorchGlobals globals = new(input);
        Next(input, globals);
        if (Next(input, globals) is not Protocol)
        {
            throw input.Invalid("it is of a protocol that is not 1001");
        }

        // What follows describes the machine that wrote the file. Its byte order is of no account: this form is always little-endian.
        Next(input, globals);
        Root = Next(input, globals);
        FindStorages(Next(input, globals) as PickleList ?? throw input.Invalid("it has no list of storages"), input, globals);
    }

    /// <inheritdoc/>
    public override string Format => "PyTorch, legacy";

    /// <inheritdoc/>
    public override object? Root { get; }

    /// <inheritdoc/>
    public override bool BigEndian => false;

    /// <summary>Whether a file starts as this form does: a pickle of the magic number, of any protocol.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start) =>
        start.Length > 2 && start[0] == 0x80 && start[..Math.Min(start.Length, 32)].IndexOf(Magic) >= 0;

    /// <summary>Reads the file's pickles and finds its storages.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">The file, which the result then owns.</param>
    /// <exception cref="FcnSharpException">A pickle is broken or wants more than tensors, or the file is cut short.</exception>
    public static TorchLegacy Open(string path, FileStream stream) => new(path, stream);

    /// <inheritdoc/>
    public override long Place(TorchStorage storage)
    {
        if (!_storages.TryGetValue(storage.Key, out (long Start, long Count) found) || found.Count != storage.Count || found.Start + storage.ByteCount > _stream.Length)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)} is not a sound PyTorch file or is cut short: storage {ErrorText.Quote(storage.Key)} of {storage.Count} elements is not in it; download or export it again."));
        }

        return found.Start;
    }

    /// <inheritdoc/>
    public override ByteSource OpenStorage(TorchStorage storage) => Section(Place(storage), storage.ByteCount, $"storage {ErrorText.Quote(storage.Key)}");

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    private static object? Next(PickleInput input, TorchGlobals globals) => new Unpickler(input, globals).Read();

    private ByteSource Section(long start, long length, string what)
    {
        _stream.Position = start;
        return new ByteSource(_stream, length, expectedCrc: null, _path, what, ownsStream: false);
    }

    private byte[] ReadStart()
    {
        byte[] bytes = new byte[Math.Min(_stream.Length, PickleInput.MaxLength)];
        using ByteSource source = Section(0, bytes.Length, "its start");
        source.ReadExactly(bytes);
        return bytes;
    }

    private void FindStorages(PickleList keys, PickleInput input, TorchGlobals globals)
    {
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        long position = input.Position;
        foreach (object? item in keys.Items)
        {
            if (item is not string key || globals.FindStorage(key) is not { } storage || _storages.ContainsKey(key))
            {
                throw input.Invalid("its list of storages names one twice, or one that no tensor uses");
            }

            using ByteSource source = Section(position, Math.Min(prefix.Length, _stream.Length - position), $"the length of storage {ErrorText.Quote(key)}");
            source.ReadExactly(prefix);
            long count = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            position += prefix.Length;
            _storages.Add(key, (position, count));
            position += storage.ByteCount;
        }
    }
}
