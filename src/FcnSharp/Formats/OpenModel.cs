using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Formats;

/// <summary>
/// A model file in use: devices read weights from it when they need them, and a thread of its own checks all of them meanwhile,
/// because a hash takes as long as reading and laying out the weights on all others. Nothing that was computed may be handed out
/// before <see cref="WaitForCheck"/> has returned.
/// </summary>
internal sealed class OpenModel : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _check;

    /// <summary>Starts to check the file, which it then owns.</summary>
    public OpenModel(SafetensorsFile file, ModelDescription description)
    {
        (_file, Description) = (file, description);
        Tensors = file.Entries.ToDictionary(e => e.Name, e => (e.Shape, (TensorSource)((first, destination) => file.Read(e, first, destination))));
        CancellationToken stop = _stop.Token;
        _check = Task.Factory.StartNew(() => DescribedFile.CheckTensors(file, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What the weights belong to.</summary>
    public ModelDescription Description { get; }

    /// <summary>The weights by name; until this is disposed they may be read.</summary>
    public IReadOnlyDictionary<string, (Shape Shape, TensorSource Elements)> Tensors { get; }

    /// <summary>Waits until all weights are checked.</summary>
    /// <exception cref="FcnSharpException">They do not match their hash, hold a NaN or an infinity, or cannot be read.</exception>
    public void WaitForCheck(CancellationToken cancellation)
    {
        if (!_check.IsCompletedSuccessfully)
        {
            _check.WaitAsync(cancellation).GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();

        // Also takes note of what the check threw, where nobody waited for it.
        _ = _check.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        ((IAsyncResult)_check).AsyncWaitHandle.WaitOne();
        _file.Dispose();
        _stop.Dispose();
    }
}
