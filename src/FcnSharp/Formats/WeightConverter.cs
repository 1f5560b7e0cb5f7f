using FcnSharp.Formats.Caffe;
using FcnSharp.Formats.Numpy;
using FcnSharp.Tensors;

namespace FcnSharp.Formats;

/// <summary>
/// Writes what a file of weights holds in another format, told by the extension: .safetensors, .npz or .caffemodel. Names, order
/// and shapes stay; only the ones that the older format of Caffe fills shapes up with are left out where .caffemodel is written. A model of FcnSharp that becomes .safetensors stays a model, with its description and a new hash.
/// </summary>
public static class WeightConverter
{
    private const string Safetensors = ".safetensors";
    private const string Npz = ".npz";
    private const string Caffemodel = ".caffemodel";

    /// <summary>Why a file of this name cannot be written in this type, as a clause for a message; null when it can.</summary>
    /// <param name="output">The file to be written.</param>
    /// <param name="type">How elements are to be stored.</param>
    public static string? Problem(string output, ElementType type)
    {
        ArgumentNullException.ThrowIfNull(output);
        return HasExtension(output, Safetensors) ? null
            : !HasExtension(output, Npz) && !HasExtension(output, Caffemodel) ? $"cannot write {ErrorText.Quote(output)}: expected a name that ends with {Safetensors}, {Npz} or {Caffemodel}"
            : type != ElementType.F32 ? $"cannot write {ErrorText.Quote(output)} as {type.FileName()}: {Npz} and {Caffemodel} are written as F32; use {Safetensors}"
            : null;
    }

    /// <summary>Converts a file. The output is written to a temporary file and renamed: it is never half there.</summary>
    /// <param name="input">A file that <see cref="WeightFile"/> reads.</param>
    /// <param name="output">The file to write, replaced when it exists; its extension tells the format.</param>
    /// <param name="type">How elements are stored: F32, or for .safetensors also F16 and BF16.</param>
    /// <exception cref="FcnSharpException">
    /// The input cannot be read, or is a checkpoint of training; both are one file; <see cref="Problem"/>; a value is beyond the range of the type; or a name has no place in a .caffemodel.
    /// </exception>
    public static Conversion Convert(string input, string output, ElementType type = ElementType.F32)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (Problem(output, type) is { } problem)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(output)} was not written: {problem}.");
        }

        if (IsSame(input, output))
        {
            throw new FcnSharpException($"{ErrorText.OneLine(output)} is the file to convert: it would be overwritten; choose another name for the result.");
        }

        LoadedWeights weights = WeightFile.Read(input);
        IReadOnlyDictionary<string, string> metadata = Metadata(input, weights.Report);
        switch (metadata.GetValueOrDefault(DescribedFile.FormatKey))
        {
            case DescribedFile.Checkpoint:
                throw new FcnSharpException($"{ErrorText.OneLine(input)} is a checkpoint of training, expected a model or weights; give the model that the training wrote.");
            case DescribedFile.Model when HasExtension(output, Safetensors):
                ModelFile.Save(output, ModelFile.LoadDescription(input), weights.Tensors, type);
                break;
            case var _ when HasExtension(output, Caffemodel):
                CaffeModelOf(input, weights).WithNewerShapes().Write(output);
                break;
            default:
                Write(output, weights.Tensors, metadata, type);
                break;
        }

        return new Conversion(weights.Report, weights.Tensors.Count, weights.Tensors.Sum(t => t.Tensor.Shape.ElementCount),
            [.. weights.Tensors.Select(t => NonFinite.Describe(t.Name, t.Tensor)).OfType<string>()]);
    }

    /// <summary>Of a file of Caffe with the layers and their types, else made of the tensors' names.</summary>
    private static CaffeModel CaffeModelOf(string input, LoadedWeights weights)
    {
        if (weights.Report.Format == CaffeSource.Name)
        {
            return CaffeModel.Read(input);
        }

        try
        {
            return CaffeModel.FromTensors(Path.GetFileNameWithoutExtension(input), weights.Tensors);
        }
        catch (FcnSharpException e)
        {
            throw new FcnSharpException($"{ErrorText.OneLine(input)}: {e.Message}", e);
        }
    }

    private static void Write(string output, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata, ElementType type)
    {
        if (HasExtension(output, Npz))
        {
            NpzWriter.Write(output, tensors);
        }
        else
        {
            SafetensorsWriter.Write(output, tensors, metadata, type);
        }
    }

    private static IReadOnlyDictionary<string, string> Metadata(string input, WeightReport report)
    {
        if (report.Format != SafetensorsSource.Name)
        {
            return new Dictionary<string, string>();
        }

        using SafetensorsFile file = SafetensorsFile.Open(input);
        return file.Metadata;
    }

    private static bool HasExtension(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    // Two names of one file by a hard link are not found; they are harmless, because all is read before anything is written.
    private static bool IsSame(string input, string output)
    {
        StringComparison names = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return string.Equals(Target(input), Target(output), names);
    }

    private static string Target(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there, or cannot be looked at: reading or writing it will say so.
            return full;
        }
    }
}

/// <summary>What a conversion did.</summary>
/// <param name="Report">What reading the input changed, left out and decided.</param>
/// <param name="Tensors">How many tensors were written.</param>
/// <param name="Parameters">How many elements they have together.</param>
/// <param name="NonFinite">Of each tensor with a NaN or an infinity where the first one is: no net can use it, and it was written as it is.</param>
public sealed record Conversion(WeightReport Report, int Tensors, long Parameters, IReadOnlyList<string> NonFinite);
