using System.Runtime.ExceptionServices;
using FcnSharp.Data.Transforms;

namespace FcnSharp.Data;

/// <summary>
/// Reads and augments samples on threads of its own while the caller computes, and hands them out in their order. What comes at
/// a position follows from the order's and the augmentation's seeds alone, whatever the number of threads. Memory is bounded by
/// a number of samples and of bytes. One caller at a time reads.
/// </summary>
public sealed class SampleReader : IDisposable
{
    private readonly ISegmentationDataset _dataset;
    private readonly ISampleOrder? _order;
    private readonly Augmentation? _augmentation;
    private readonly SampleReaderOptions _options;
    private readonly object _gate = new();
    private readonly Dictionary<long, Result> _ready = [];
    private readonly Thread[] _threads;
    private long _taken;
    private long _readyBytes;
    private bool _stopped;

    /// <summary>Starts to read.</summary>
    /// <param name="dataset">What to read.</param>
    /// <param name="order">The order of the training; null for the dataset's own, pass after pass.</param>
    /// <param name="augmentation">What is done to each sample; null for nothing.</param>
    /// <param name="options">Threads, memory, and the position to start at.</param>
    public SampleReader(ISegmentationDataset dataset, ISampleOrder? order = null, Augmentation? augmentation = null, SampleReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        _options = options ?? new();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Ahead, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Start);
        (_dataset, _order, _augmentation) = (dataset, order, augmentation);
        Position = _taken = _options.Start;
        _threads = [.. Enumerable.Range(0, Math.Min(_options.Threads, _options.Ahead)).Select(i => new Thread(Work) { IsBackground = true, Name = FormattableString.Invariant($"sample reader {i}") })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>The position that the next <see cref="Read"/> gives, counted as by <see cref="ISampleOrder.IndexAt"/>.</summary>
    public long Position { get; private set; }

    /// <summary>Waits for the next sample.</summary>
    /// <param name="cancellation">Ends the wait; the sample then comes with the next call.</param>
    /// <exception cref="Tensors.FcnSharpException">What the dataset said of this sample; the next call gives the next one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    /// <exception cref="InvalidOperationException">The position is that of <see cref="SampleReaderOptions.End"/>.</exception>
    public Sample Read(CancellationToken cancellation = default)
    {
        Result? result;
        using (cancellation.Register(WakeAll))
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_stopped, this);
                if (Position >= _options.End)
                {
                    throw new InvalidOperationException($"All samples up to position {_options.End} have been read.");
                }

                while (!_ready.Remove(Position, out result))
                {
                    cancellation.ThrowIfCancellationRequested();
                    Monitor.Wait(_gate);
                }

                _readyBytes -= result.Bytes;
                Position++;
                Monitor.PulseAll(_gate);
            }
        }

        result.Error?.Throw();
        return result.Sample!;
    }

    /// <summary>Stops the threads, each after the sample it is at.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void Work()
    {
        while (NextPosition() is { } position)
        {
            Result result = Load(position);
            lock (_gate)
            {
                _ready.Add(position, result);
                _readyBytes += result.Bytes;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>The next position to read, once there is room for it; null when there is none or the reader was stopped.</summary>
    private long? NextPosition()
    {
        lock (_gate)
        {
            // The sample that is waited for is always read, however large: there is no other way on.
            while (!_stopped && !(_taken >= _options.End) && (_taken - Position >= _options.Ahead || (_readyBytes >= _options.MaxBytes && _taken != Position)))
            {
                Monitor.Wait(_gate);
            }

            return _stopped || _taken >= _options.End ? null : _taken++;
        }
    }

    private Result Load(long position)
    {
        try
        {
            int index = _order?.IndexAt(position) ?? (int)(position % _dataset.Count);
            Sample sample = _dataset.Load(index);
            sample = _augmentation?.Apply(sample, position / (_order?.Count ?? _dataset.Count), index, _dataset.IgnoreIndex) ?? sample;
            return new(sample, null, sample.Image.Pixels.LongLength + (2 * sample.Labels.Labels.LongLength));
        }
        catch (Exception e)
        {
            // Whatever it is belongs to whoever asks for this sample, and not to a thread on which it would end the process.
            return new(null, ExceptionDispatchInfo.Capture(e), 0);
        }
    }

    private sealed record Result(Sample? Sample, ExceptionDispatchInfo? Error, long Bytes);
}
