using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>A file of weights in one format, opened: what it holds is known, the tensors are read when asked for.</summary>
internal abstract class WeightSource : IDisposable
{
    /// <summary>The format's name for people, such as "PyTorch, zip".</summary>
    public abstract string Format { get; }

    /// <summary>The floating-point tensors in the order of the file.</summary>
    public abstract IReadOnlyList<WeightEntry> Entries { get; }

    /// <summary>What else the file holds.</summary>
    public abstract IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>What was decided while opening, one sentence each, such as which part of a checkpoint was taken.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>Reads one of the entries.</summary>
    /// <exception cref="FcnSharpException">The file was cut short or damaged, or cannot be read.</exception>
    public abstract Tensor Read(WeightEntry entry);

    /// <inheritdoc/>
    public abstract void Dispose();
}
