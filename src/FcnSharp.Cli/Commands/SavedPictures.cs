using System.Globalization;
using FcnSharp.Data;
using FcnSharp.Imaging;

namespace FcnSharp.Cli.Commands;

/// <summary>The pictures of an evaluation: predictions/NAME.png (labels) and overlays/NAME.png (image | truth | prediction | errors).</summary>
internal sealed class SavedPictures
{
    private readonly string _predictions;
    private readonly string _overlays;
    private readonly Palette _palette;
    private readonly int _ignoreIndex;

    // Some file systems take a.png and A.png for one file.
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the folders.</summary>
    /// <exception cref="Tensors.FcnSharpException">One cannot be made.</exception>
    public SavedPictures(string folder, ISegmentationDataset data)
    {
        (_predictions, _overlays) = (Path.Combine(folder, "predictions"), Path.Combine(folder, "overlays"));
        OutputFolder.Create(_predictions);
        OutputFolder.Create(_overlays);
        _palette = Palette.Of([.. data.Classes.Take(Palette.MaxCount)]);
        _ignoreIndex = data.IgnoreIndex;
    }

    /// <summary>Writes the pictures of one image, each as a whole or not at all.</summary>
    public void Write(Sample sample, LabelMap prediction)
    {
        string file = FreeName(sample.Name) + ".png";
        PngFile.WriteLabels(Path.Combine(_predictions, file), prediction, _palette);
        PngFile.WriteRgb(Path.Combine(_overlays, file), Overlay.Comparison(sample.Image, sample.Labels, prediction, _palette, _ignoreIndex));
    }

    /// <summary>Lists may name files in folders, and two of one name: neither may lead out of our folder or over another picture.</summary>
    private string FreeName(string sample)
    {
        string name = sample.Replace('/', '_').Replace('\\', '_');
        string free = name;
        for (int i = 2; !_names.Add(free); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        }

        return free;
    }
}
