using System.Globalization;
using FcnSharp.Cli.Progress;
using Xunit;

namespace FcnSharp.Cli.Tests.Progress;

/// <summary>What long work shows, and how often.</summary>
public sealed class ConsoleProgressTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public void A_terminal_shows_one_line_that_is_rewritten()
    {
        CapturedTerminal terminal = new(isLive: true);
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        progress.Report(0, 100, "loss 2.10");
        _clock.Advance(1);
        progress.Report(25, 100, "loss 1.05");

        string[] states = terminal.Error.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("Training  [....................]  0/100  loss 2.10", states[0]);
        Assert.Equal("Training  [#####...............]  25/100  25.0 images/s  0:03 left  loss 1.05", states[1]);
        Assert.DoesNotContain('\n', terminal.Error);
    }

    [Fact]
    public void A_terminal_is_written_to_at_most_ten_times_a_second()
    {
        CapturedTerminal terminal = new(isLive: true);
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        for (int step = 0; step < 1000; step++)
        {
            progress.Report(step, 1000, "");
            _clock.Advance(0.001);
        }

        Assert.Equal(10, terminal.Error.Count(c => c == '\r'));
    }

    [Fact]
    public void A_line_is_cut_to_the_width_and_its_leftovers_are_wiped()
    {
        CapturedTerminal terminal = new(isLive: true, width: 40);
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        progress.Report(1, 10, new string('x', 100));
        _clock.Advance(1);
        progress.Report(2, 0, "");

        string[] states = terminal.Error.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(states, state => Assert.Equal(39, state.Length));
        Assert.Equal("Training  2  1.00 images/s", states[1].TrimEnd());
    }

    [Fact]
    public void Where_the_line_is_too_long_the_bar_goes_before_the_numbers()
    {
        CapturedTerminal terminal = new(isLive: true, width: 80);
        ConsoleProgress progress = new(terminal.Terminal, "Training", "steps", _clock);

        _clock.Advance(1);
        progress.Report(14, 900, "loss 1.241");
        _clock.Advance(1);
        progress.Report(28, 900, "loss 1.241, val mean IU 12.3");
        _clock.Advance(1);
        progress.Report(42, 900, "loss 1.241, val mean IU 12.3, epoch 49.2");

        string[] states = terminal.Error.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("Training  [....................]  14/900  loss 1.241", states[0]);
        Assert.Equal("Training  28/900  14.0 steps/s  1:02 left  loss 1.241, val mean IU 12.3", states[1]);
        Assert.Equal("Training  42/900  14.0 steps/s  1:01 left  loss 1.241, val mean IU 12.3", states[2].TrimEnd());
    }

    [Fact]
    public void A_message_does_not_mix_with_the_live_line()
    {
        CapturedTerminal terminal = new(isLive: true);
        ConsoleProgress progress = new(terminal.Terminal, "T", "images", _clock);

        progress.Report(1, 0, "");
        terminal.Terminal.WriteErrorLine("note");

        Assert.Equal("\rT  1\r      \rnote\n", terminal.Error);
    }

    [Fact]
    public void A_log_gets_a_line_each_tenth_but_never_two_within_five_seconds()
    {
        CapturedTerminal terminal = new();
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        // 100 seconds: a tenth takes 10.
        for (int step = 0; step <= 1000; step++)
        {
            progress.Report(step, 1000, "");
            _clock.Advance(0.1);
        }

        Assert.Equal(10, terminal.ErrorLines.Length);

        // Two seconds: the next tenth passes before five seconds have.
        ConsoleProgress quick = new(terminal.Terminal, "Quick", "images", _clock);
        for (int step = 0; step <= 20; step++)
        {
            quick.Report(step, 20, "");
            _clock.Advance(0.1);
        }

        Assert.Single(terminal.ErrorLines, line => line.StartsWith("Quick", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', terminal.Error);
    }

    [Fact]
    public void A_log_of_a_very_long_run_gets_a_line_a_minute()
    {
        CapturedTerminal terminal = new();
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        for (int second = 0; second <= 600; second++)
        {
            progress.Report(second, 1_000_000, "");
            _clock.Advance(1);
        }

        Assert.Equal(10, terminal.ErrorLines.Length);
    }

    [Fact]
    public void A_log_gets_one_line_of_what_is_done_within_a_second()
    {
        CapturedTerminal terminal = new();
        ConsoleProgress progress = new(terminal.Terminal, "Predicting", "images", _clock);

        progress.Report(1, 2, "");
        _clock.Advance(0.5);
        progress.Report(2, 2, "");
        progress.Dispose();

        Assert.Equal(["Predicting  2/2  4.00 images/s  in 0:00"], terminal.ErrorLines);
    }

    [Fact]
    public void What_an_earlier_run_has_done_is_not_this_ones_speed()
    {
        CapturedTerminal terminal = new();
        ConsoleProgress progress = new(terminal.Terminal, "Training", "steps", _clock, alreadyDone: 800);

        _clock.Advance(10);
        progress.Report(900, 900, "");
        progress.Dispose();

        Assert.Equal(["Training  900/900  10.0 steps/s  in 0:10"], terminal.ErrorLines);
    }

    [Fact]
    public void The_end_leaves_one_line_with_the_time_it_took()
    {
        CapturedTerminal terminal = new();
        ConsoleProgress progress = new(terminal.Terminal, "Training", "images", _clock);

        _clock.Advance(1);
        progress.Report(0, 600, "");
        _clock.Advance(3);
        progress.Report(600, 600, "loss 0.10");
        progress.Dispose();
        progress.Dispose();
        progress.Report(601, 600, "late");

        Assert.Equal(["Training  0/600", "Training  600/600  150 images/s  in 0:04  loss 0.10"], terminal.ErrorLines);
    }

    [Fact]
    public void A_task_that_never_reported_leaves_no_line()
    {
        CapturedTerminal terminal = new();

        new ConsoleProgress(terminal.Terminal, "Training", "images", _clock).Dispose();

        Assert.Equal("", terminal.Error);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void Numbers_are_written_the_same_under_every_culture(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Assert.Equal("0.13 images/s", ProgressLine.Rate(0.125, "images"));
            Assert.Equal("1000/2000", ProgressLine.Count(1000, 2000));
            Assert.Equal("2:46:40", ProgressLine.Duration(TimeSpan.FromSeconds(10_000)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(9.994, "9.99 x/s")]
    [InlineData(9.995, "10.0 x/s")]
    [InlineData(99.96, "100 x/s")]
    [InlineData(1234.5, "1235 x/s")]
    public void Rates_have_three_digits(double rate, string text) => Assert.Equal(text, ProgressLine.Rate(rate, "x"));

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(59.6, "1:00")]
    [InlineData(3599.4, "59:59")]
    [InlineData(3600, "1:00:00")]
    public void Durations_are_rounded_to_seconds(double seconds, string text) =>
        Assert.Equal(text, ProgressLine.Duration(TimeSpan.FromSeconds(seconds)));
}
