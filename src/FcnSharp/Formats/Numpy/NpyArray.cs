using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FcnSharp.Tensors;

namespace FcnSharp.Formats.Numpy;

/// <summary>Reads the array of a .npy file or of an entry of a .npz file.</summary>
internal static class NpyArray
{
    /// <summary>What a header describes, if it is a floating-point array of a shape that a net can use.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="source">Stands at the first byte; of it the header is read, and the length compared with what it says.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="skipped">What it is instead.</param>
    /// <exception cref="FcnSharpException">The header is broken, or the array is longer or shorter than it says.</exception>
    public static bool TryList(string name, ByteSource source, [NotNullWhen(true)] out WeightEntry? entry, [NotNullWhen(false)] out SkippedEntry? skipped)
    {
        entry = null;
        skipped = null;
        NpyHeader header = NpyHeader.Read(source);
        if (header.Type is not { } type)
        {
            skipped = new SkippedEntry(name, $"{ErrorText.OneLine(header.Descr)} {ShapeText.Describe(header.Dimensions)}");
        }
        else if (!ShapeText.TryCreate(header.Dimensions, out Shape shape, out string? problem))
        {
            skipped = new SkippedEntry(name, problem);
        }
        else
        {
            long needed = shape.ElementCount * type.Size();
            entry = source.Remaining == needed
                ? new WeightEntry(name, type, shape)
                : throw new FcnSharpException(string.Create(CultureInfo.InvariantCulture, $"{ErrorText.OneLine(source.Path)}: {source.What} has {source.Remaining} bytes of data, {type.FileName()} {shape} needs {needed}; it is damaged or cut short: download or export it again."));
        }

        return entry is not null;
    }

    /// <summary>Reads an array that was listed before.</summary>
    /// <exception cref="FcnSharpException">It is another one by now, or cannot be read to its end.</exception>
    public static Tensor Read(WeightEntry entry, ByteSource source)
    {
        NpyHeader header = NpyHeader.Read(source);
        if (header.Type != entry.Type || !header.Dimensions.SequenceEqual(entry.Shape.ToArray().Select(n => (long)n)))
        {
            throw new FcnSharpException($"{ErrorText.OneLine(source.Path)}: {source.What} changed while it was read; read it again once nothing writes it.");
        }

        float[] values = GC.AllocateUninitializedArray<float>((int)entry.Shape.ElementCount);
        FloatReader.Read(source, entry.Type, header.BigEndian, values);
        source.Complete();
        return new Tensor(entry.Shape, header.FortranOrder && entry.Shape.Rank > 1 ? RowMajor(values, entry.Shape.ToArray()) : values);
    }

    private static float[] RowMajor(float[] columnMajor, int[] sizes)
    {
        float[] values = GC.AllocateUninitializedArray<float>(columnMajor.Length);
        int[] strides = new int[sizes.Length];
        int stride = 1;
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            strides[axis] = stride;
            stride *= sizes[axis];
        }

        int[] index = new int[sizes.Length];
        int last = sizes.Length - 1;
        for (int to = 0, from = 0; to < values.Length;)
        {
            for (int i = 0; i < sizes[last]; i++)
            {
                values[to++] = columnMajor[from + (i * strides[last])];
            }

            for (int axis = last - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < sizes[axis])
                {
                    break;
                }

                from -= sizes[axis] * strides[axis];
                index[axis] = 0;
            }
        }

        return values;
    }
}
