using System.Globalization;
using System.Text;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>The form since PyTorch 1.6: a zip archive of NAME/data.pkl, NAME/data/KEY for each storage, NAME/byteorder.</summary>
internal sealed class TorchZip : TorchContainer
{
    private const string Pickle = "data.pkl";

    private readonly string _path;
    private readonly ZipContent _zip;
    private readonly string _folder;
    private readonly Dictionary<string, int> _places;

    private TorchZip(string path, ZipContent zip, string folder)
    {
        _path = path;
        _zip = zip;
        _folder = folder;
        _places = zip.Names.Select((name, place) => (name, place)).ToDictionary(pair => pair.name, pair => pair.place);
        BigEndian = ReadByteOrder();
        PickleInput input = new(ReadPickle(), path);
        Root = new Unpickler(input, new TorchGlobals(input)).Read();
    }

    /// <inheritdoc/>
    public override string Format => "PyTorch, zip";

    /// <inheritdoc/>
    public override object? Root { get; }

    /// <inheritdoc/>
    public override bool BigEndian { get; }

    /// <summary>Whether an archive is one of PyTorch.</summary>
    public static bool Recognises(ZipContent zip) => zip.Names.Any(name => IsPickle(name));

    /// <summary>Reads the archive's pickle.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="zip">The archive, which the result then owns.</param>
    /// <exception cref="FcnSharpException">The pickle is broken or wants more than tensors.</exception>
    public static TorchZip Open(string path, ZipContent zip)
    {
        string[] pickles = [.. zip.Names.Where(IsPickle)];
        if (pickles.Length != 1)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(path)} is not a sound PyTorch file: it has {pickles.Length} pickles, expected one; export it again."));
        }

        string folder = pickles[0][..^Pickle.Length];
        if (zip.Contains(folder + "constants.pkl"))
        {
            throw new FcnSharpException($"{ErrorText.OneLine(path)} is a TorchScript program, expected weights; in PyTorch, load it with torch.jit.load, save its state_dict() by torch.save and give that file.");
        }

        return new TorchZip(path, zip, folder);
    }

    /// <inheritdoc/>
    public override long Place(TorchStorage storage)
    {
        string name = EntryName(storage);
        if (!_places.TryGetValue(name, out int place))
        {
            throw new FcnSharpException($"{ErrorText.OneLine(_path)} is not a sound PyTorch file: entry {ErrorText.Quote(name)} is missing; download or export it again.");
        }

        long length = _zip.Length(name);
        return length == storage.ByteCount
            ? place
            : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)} is not a sound PyTorch file: entry {ErrorText.Quote(name)} has {length} bytes, {storage.Count} elements of {storage.Type.FileName()} need {storage.ByteCount}; download or export it again."));
    }

    /// <inheritdoc/>
    public override ByteSource OpenStorage(TorchStorage storage) => _zip.OpenEntry(EntryName(storage));

    /// <inheritdoc/>
    public override void Dispose() => _zip.Dispose();

    private static bool IsPickle(string name) => name == Pickle || (name.EndsWith("/" + Pickle, StringComparison.Ordinal) && name.IndexOf('/', StringComparison.Ordinal) == name.Length - Pickle.Length - 1);

    private string EntryName(TorchStorage storage) => $"{_folder}data/{storage.Key}";

    private bool ReadByteOrder()
    {
        string name = _folder + "byteorder";
        if (!_zip.Contains(name))
        {
            return false;
        }

        string order = Encoding.Latin1.GetString(ReadSmall(name, "little".Length));
        return order switch
        {
            "little" => false,
            "big" => true,
            _ => throw new FcnSharpException($"{ErrorText.OneLine(_path)} is not a sound PyTorch file: its byte order is {ErrorText.Quote(order)}, expected 'little' or 'big'; export it again."),
        };
    }

    private byte[] ReadPickle() => ReadSmall(_folder + Pickle, PickleInput.MaxLength);

    private byte[] ReadSmall(string name, int limit)
    {
        using ByteSource source = _zip.OpenEntry(name);
        if (source.Length > limit)
        {
            throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)}: entry {ErrorText.Quote(name)} has {source.Length} bytes, expected at most {limit}; in PyTorch, save model.state_dict() alone."));
        }

        byte[] bytes = new byte[source.Length];
        source.ReadExactly(bytes);
        source.Complete();
        return bytes;
    }
}
