using FcnSharp.Cli.Hosting;

namespace FcnSharp.Cli.Progress;

/// <summary>
/// Shows the progress of one long task on the error stream: on a terminal one line that is rewritten ten times a second,
/// elsewhere (a log) a line now and then.
/// </summary>
internal sealed class ConsoleProgress : IProgressReporter
{
    private static readonly TimeSpan LiveSpacing = TimeSpan.FromSeconds(0.1);

    // In a log: never two lines within 5 seconds; then one each tenth of the way, and in very long runs one a minute.
    private static readonly TimeSpan ShortestSpacing = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestSpacing = TimeSpan.FromMinutes(1);
    private const int LogSteps = 10;

    // What takes less than this leaves only its last line in a log, and the first line of what takes longer says something.
    private static readonly TimeSpan LogDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly RateMeter _rate = new();
    private readonly Terminal _terminal;
    private readonly string _task;
    private readonly string _unit;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly long _alreadyDone;
    private TimeSpan? _shownAt;
    private long _shownStep;
    private (long Done, long Total, string Text) _last = (0, 0, "");
    private bool _ended;

    /// <summary>Starts the task's clock; nothing is shown before the first report.</summary>
    public ConsoleProgress(Terminal terminal, string task, string unit, TimeProvider clock, long alreadyDone = 0)
    {
        _terminal = terminal;
        _task = task;
        _unit = unit;
        _clock = clock;
        _alreadyDone = alreadyDone;
        _start = clock.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Report(long done, long total, string text)
    {
        lock (_gate)
        {
            _last = (done, total, text);
            TimeSpan now = _clock.GetElapsedTime(_start);
            _rate.Add(now, done);
            long step = total > 0 ? done * LogSteps / total : 0;
            if (_ended || !IsDue(now, step))
            {
                return;
            }

            Show(RunningLine());
            _shownAt = now;
            _shownStep = step;
        }
    }

    /// <summary>Leaves a last line that stays: how much was done and how long it took.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended && _last != (0, 0, ""))
            {
                _terminal.WriteErrorLine(FinalLine());
            }

            _ended = true;
        }
    }

    private bool IsDue(TimeSpan now, long step)
    {
        if (!_terminal.IsLive && (now < LogDelay || (_last.Total > 0 && _last.Done >= _last.Total)))
        {
            return false;
        }

        if (_shownAt is not { } shownAt)
        {
            return true;
        }

        TimeSpan since = now - shownAt;
        return _terminal.IsLive
            ? since >= LiveSpacing
            : since >= LongestSpacing || (since >= ShortestSpacing && step > _shownStep);
    }

    private void Show(string line)
    {
        if (_terminal.IsLive)
        {
            _terminal.RewriteLiveLine(line);
        }
        else
        {
            _terminal.WriteErrorLine(line);
        }
    }

    private string RunningLine()
    {
        (long done, long total, string text) = _last;
        string rate = _rate.ItemsPerSecond > 0 ? ProgressLine.Rate(_rate.ItemsPerSecond, _unit) : "";
        string left = total > done && _rate.TimeFor(total - done) is { } time ? $"{ProgressLine.Duration(time)} left" : "";
        string Line(string bar) => ProgressLine.Join(_task, bar, ProgressLine.Count(done, total), rate, left, text);
        string line = Line(_terminal.IsLive ? ProgressLine.Bar(done, total) : "");
        if (!_terminal.IsLive || line.Length <= _terminal.UsableWidth)
        {
            return line;
        }

        // The bar says nothing that the numbers do not: it goes first, then what the text has last. Half a number would be a wrong one.
        line = Line("");
        while (line.Length > _terminal.UsableWidth && text.LastIndexOf(", ", StringComparison.Ordinal) is >= 0 and var comma)
        {
            text = text[..comma];
            line = Line("");
        }

        return line;
    }

    private string FinalLine()
    {
        (long done, long total, string text) = _last;
        TimeSpan elapsed = _clock.GetElapsedTime(_start);
        string rate = elapsed > TimeSpan.Zero ? ProgressLine.Rate((done - _alreadyDone) / elapsed.TotalSeconds, _unit) : "";
        return ProgressLine.Join(_task, ProgressLine.Count(done, total), rate, $"in {ProgressLine.Duration(elapsed)}", text);
    }
}
