using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>
/// The weights of a PyTorch file of either form. Tensors that are alone on their storage are read straight into their
/// place; a storage that several share, or that a view takes in another order, is held while its tensors are read.
/// </summary>
internal sealed class TorchFile : WeightSource
{
    private readonly string _path;
    private readonly TorchContainer _container;
    private readonly StateDict _weights;
    private readonly List<WeightEntry> _entries = [];
    private readonly List<SkippedEntry> _skipped = [];
    private readonly Dictionary<string, TorchTensor> _tensors = [];
    private readonly Dictionary<TorchStorage, int> _uses = [];
    private TorchStorage? _held;
    private float[] _heldValues = [];

    private TorchFile(string path, TorchContainer container)
    {
        _path = path;
        _container = container;
        _weights = StateDict.Find(container.Root, path);
        foreach ((string name, TorchTensor tensor) in _weights.Tensors)
        {
            Add(name, tensor);
        }

        _skipped.AddRange(_weights.Skipped);
    }

    /// <inheritdoc/>
    public override string Format => _container.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightEntry> Entries => _entries;

    /// <inheritdoc/>
    public override IReadOnlyList<SkippedEntry> Skipped => _skipped;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => _weights.Notes;

    /// <summary>Lists the weights of an opened file, which the result then owns.</summary>
    /// <exception cref="FcnSharpException">What was saved is no set of tensors, or a storage is missing or cut short.</exception>
    public static TorchFile Open(string path, TorchContainer container) => new(path, container);

    /// <inheritdoc/>
    public override Tensor Read(WeightEntry entry)
    {
        TorchTensor tensor = _tensors[entry.Name];
        int count = (int)entry.Shape.ElementCount;
        if (tensor.IsContiguous && tensor.Storage.Count == count && _uses[tensor.Storage] == 1)
        {
            return new Tensor(entry.Shape, ReadStorage(tensor.Storage));
        }

        if (_held != tensor.Storage)
        {
            (_held, _heldValues) = (null, []);
            _heldValues = ReadStorage(tensor.Storage);
            _held = tensor.Storage;
        }

        float[] values = GC.AllocateUninitializedArray<float>(count);
        if (tensor.IsContiguous)
        {
            _heldValues.AsSpan((int)tensor.Offset, count).CopyTo(values);
        }
        else
        {
            Gather(tensor, _heldValues, values);
        }

        return new Tensor(entry.Shape, values);
    }

    /// <inheritdoc/>
    public override void Dispose() => _container.Dispose();

    private static void Gather(TorchTensor tensor, float[] storage, float[] target)
    {
        int missing = Shape.MaxRank - tensor.Sizes.Length;
        int[] sizes = [.. Enumerable.Repeat(1, missing), .. tensor.Sizes.Select(n => (int)n)];

        // The stride of an axis with one element is never used, and may be any number.
        int[] strides = [.. Enumerable.Repeat(0, missing), .. tensor.Strides.Zip(tensor.Sizes, (stride, size) => size == 1 ? 0 : (int)stride)];
        int to = 0;
        for (int n = 0; n < sizes[0]; n++)
        {
            for (int c = 0; c < sizes[1]; c++)
            {
                for (int h = 0; h < sizes[2]; h++)
                {
                    int from = (int)tensor.Offset + (n * strides[0]) + (c * strides[1]) + (h * strides[2]);
                    for (int w = 0; w < sizes[3]; w++, from += strides[3])
                    {
                        target[to++] = storage[from];
                    }
                }
            }
        }
    }

    private void Add(string name, TorchTensor tensor)
    {
        TorchStorage storage = tensor.Storage;
        if (!storage.Type.IsFloatingPoint())
        {
            _skipped.Add(new SkippedEntry(name, $"{storage.Type.FileName()} {ShapeText.Describe(tensor.Sizes)}"));
        }
        else if (!ShapeText.TryCreate(tensor.Sizes, out Shape shape, out string? problem))
        {
            _skipped.Add(new SkippedEntry(name, problem));
        }
        else
        {
            long place = _container.Place(storage);
            if (storage.Count > Array.MaxLength)
            {
                throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(_path)}: storage {ErrorText.Quote(storage.Key)} has {storage.Count} elements, at most {Array.MaxLength} are read at once; in PyTorch, save clones of the tensors."));
            }

            _entries.Add(new WeightEntry(name, storage.Type, shape) { Place = place });
            _tensors.Add(name, tensor);
            _uses[storage] = _uses.GetValueOrDefault(storage) + 1;
        }
    }

    private float[] ReadStorage(TorchStorage storage)
    {
        float[] values = GC.AllocateUninitializedArray<float>((int)storage.Count);
        using ByteSource source = _container.OpenStorage(storage);
        FloatReader.Read(source, storage.Type, _container.BigEndian, values);
        source.Complete();
        return values;
    }
}
