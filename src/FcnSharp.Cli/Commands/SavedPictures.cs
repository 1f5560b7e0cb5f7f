using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using FcnSharp.Cli.Predict;
using FcnSharp.Data;
using FcnSharp.Imaging;

namespace FcnSharp.Cli.Commands;

/// <summary>
/// The pictures of an evaluation: predictions/NAME.png (labels) and overlays/NAME.png (image | truth | prediction | errors). They are
/// made and written beside the computation, as many at once as there are cores; what waits is bounded in number and in bytes.
/// </summary>
internal sealed class SavedPictures : IDisposable
{
    private const int MostThreads = 4;
    private const int Ahead = 4;
    private const long MaxBytes = 1L << 29;

    /// <summary>Image, truth and prediction; then four panels of colours.</summary>
    private const int BytesPerPixel = 3 + 2 + 2 + (4 * 3);

    private readonly string _predictions;
    private readonly string _overlays;
    private readonly Palette _palette;
    private readonly int _ignoreIndex;
    private readonly BlockingCollection<(string File, Sample Sample, LabelMap Prediction, long Bytes)> _waiting = new(Ahead);
    private readonly CancellationTokenSource _broken = new();
    private readonly ByteBudget _budget = new(MaxBytes);
    private readonly Thread[] _writers;
    private ExceptionDispatchInfo? _failure;

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
        _writers = [.. Enumerable.Range(1, Math.Min(Environment.ProcessorCount, MostThreads)).Select(i => new Thread(WriteAll) { IsBackground = true, Name = FormattableString.Invariant($"pictures {i}") })];
        foreach (Thread writer in _writers)
        {
            writer.Start();
        }
    }

    /// <summary>Has the pictures of one image written, each as a whole or not at all; waits while many are on their way.</summary>
    /// <exception cref="Tensors.FcnSharpException">Pictures of this image or one before cannot be written.</exception>
    public void Write(Sample sample, LabelMap prediction)
    {
        long bytes = (long)prediction.Width * prediction.Height * BytesPerPixel;
        try
        {
            _budget.Take(bytes, _broken.Token);
            _waiting.Add((FreeName(sample.Name) + ".png", sample, prediction, bytes), _broken.Token);
        }
        catch (OperationCanceledException)
        {
            _failure!.Throw();
        }
    }

    /// <summary>Waits until all pictures are written.</summary>
    /// <exception cref="Tensors.FcnSharpException">One cannot be written.</exception>
    public void Finish()
    {
        Join();
        _failure?.Throw();
    }

    /// <summary>Waits for what was begun.</summary>
    public void Dispose()
    {
        Join();
        _waiting.Dispose();
        _broken.Dispose();
    }

    private void Join()
    {
        if (!_waiting.IsAddingCompleted)
        {
            _waiting.CompleteAdding();
        }

        foreach (Thread writer in _writers)
        {
            writer.Join();
        }
    }

    private void WriteAll()
    {
        try
        {
            foreach ((string file, Sample sample, LabelMap prediction, long bytes) in _waiting.GetConsumingEnumerable(_broken.Token))
            {
                PngFile.WriteLabels(Path.Combine(_predictions, file), prediction, _palette);
                PngFile.WriteRgb(Path.Combine(_overlays, file), Overlay.Comparison(sample.Image, sample.Labels, prediction, _palette, _ignoreIndex), PngPacking.Quick);
                _budget.Give(bytes);
            }
        }
        catch (OperationCanceledException)
        {
            // Another thread has failed.
        }
#pragma warning disable CA1031 // Rethrown to the caller.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            _broken.Cancel();
        }
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
