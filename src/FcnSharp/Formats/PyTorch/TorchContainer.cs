using FcnSharp.Tensors;

namespace FcnSharp.Formats.PyTorch;

/// <summary>A PyTorch file opened: the value of its pickle, and where the storages' bytes are.</summary>
internal abstract class TorchContainer : IDisposable
{
    /// <summary>The form's name for people.</summary>
    public abstract string Format { get; }

    /// <summary>The value that was saved.</summary>
    public abstract object? Root { get; }

    /// <summary>Whether storages hold the most significant byte of each element first.</summary>
    public abstract bool BigEndian { get; }

    /// <summary>Where the storage lies among the others, counted from the file's start.</summary>
    /// <exception cref="FcnSharpException">The file has no such storage, or one of another size.</exception>
    public abstract long Place(TorchStorage storage);

    /// <summary>Starts to read a storage that <see cref="Place"/> knows; one at a time.</summary>
    public abstract ByteSource OpenStorage(TorchStorage storage);

    /// <inheritdoc/>
    public abstract void Dispose();
}
