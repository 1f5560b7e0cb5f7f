using System.Globalization;

namespace FcnSharp.Formats.PyTorch;

/// <summary>The memory that one or several tensors of a PyTorch file look at.</summary>
/// <param name="Key">What the file calls it.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Count">How many elements it has.</param>
internal sealed record TorchStorage(string Key, ElementType Type, long Count)
{
    /// <summary>Its size in bytes.</summary>
    public long ByteCount => Count * Type.Size();
}

/// <summary>A view of a storage: element (i, j, ...) lies at Offset + i * Strides[0] + j * Strides[1] + ...</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">Where the first element lies.</param>
/// <param name="Sizes">The size along each axis, outermost first.</param>
/// <param name="Strides">How many elements apart neighbours along each axis lie.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Sizes, long[] Strides)
{
    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int axis = Sizes.Length - 1; axis >= 0; axis--)
            {
                if (Sizes[axis] != 1 && Strides[axis] != expected)
                {
                    return false;
                }

                expected *= Sizes[axis];
            }

            return true;
        }
    }

    /// <summary>What is wrong with the view, null when every element has a place of its own within the storage.</summary>
    public string? Problem()
    {
        if (Sizes.Length != Strides.Length || Offset < 0 || Sizes.Any(n => n < 0) || Strides.Any(n => n < 0))
        {
            return "has sizes, strides and an offset that do not go together";
        }

        if (Sizes.Contains(0))
        {
            return null;
        }

        // Ordered by stride, each axis must step over all that the axes before it cover.
        Int128 last = 0;
        foreach ((long stride, long size) in Strides.Zip(Sizes).Where(axis => axis.Second > 1).Order())
        {
            if (stride <= last)
            {
                return "has elements that overlap (of an expanded tensor, save its clone())";
            }

            last += (Int128)stride * (size - 1);
            if (last >= Storage.Count)
            {
                break;
            }
        }

        return Offset + last < Storage.Count
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"reaches to element {Offset + last} of its storage, which has {Storage.Count}");
    }
}
