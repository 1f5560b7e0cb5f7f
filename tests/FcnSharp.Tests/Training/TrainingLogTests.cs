using System.Globalization;
using FcnSharp.TestKit;
using FcnSharp.Tensors;
using FcnSharp.Training;
using Xunit;

namespace FcnSharp.Tests.Training;

public sealed class TrainingLogTests
{
    [Fact]
    public void Steps_and_evaluations_are_lines_of_json_in_their_order()
    {
        using var folder = new TempFolder();
        string path = folder["run/log.jsonl"];
        using (var log = new TrainingLog(path, step: 0))
        {
            log.Add(new TrainingStep(1, 1.5f, 0.25f));
            log.AddEvaluation(1, 0.125);
            log.Add(new TrainingStep(2, 0.5f, 1e-7f));
            Assert.Equal([(1, 1.5), (1, null), (2, 0.5)], log.Entries.Select(e => (e.Step, e.Loss)));
        }

        Assert.Equal(
            """
            {"step":1,"loss":1.5,"learningRate":0.25}
            {"step":1,"meanIoU":0.125}
            {"step":2,"loss":0.5,"learningRate":1.0000000116860974E-07}

            """.ReplaceLineEndings("\n"),
            File.ReadAllText(path));
    }

    [Fact]
    public void A_line_is_in_the_file_at_once()
    {
        using var folder = new TempFolder();
        using var log = new TrainingLog(folder["log.jsonl"], step: 0);
        log.Add(new TrainingStep(1, 2, 1));

        using var reader = new StreamReader(new FileStream(folder["log.jsonl"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("""{"step":1,"loss":2,"learningRate":1}""" + "\n", reader.ReadToEnd());
    }

    [Fact]
    public void A_resumed_log_keeps_the_lines_up_to_its_step_and_goes_on_after_them()
    {
        using var folder = new TempFolder();
        Write(folder["log.jsonl"], steps: 9);
        using (var log = new TrainingLog(folder["log.jsonl"], step: 4))
        {
            Assert.Equal([1L, 2, 3, 4], log.Entries.Select(e => e.Step));
            Assert.Equal(4, File.ReadAllLines(folder["log.jsonl"]).Length);
            log.Add(new TrainingStep(5, 50, 1));
        }

        using var again = new TrainingLog(folder["log.jsonl"], step: 9);
        Assert.Equal([1.0, 2, 3, 4, 50], again.Entries.Select(e => e.Loss));
    }

    [Fact]
    public void A_new_run_begins_a_new_log()
    {
        using var folder = new TempFolder();
        Write(folder["log.jsonl"], steps: 9);
        using var log = new TrainingLog(folder["log.jsonl"], step: 0);

        Assert.Empty(log.Entries);
        Assert.Equal("", File.ReadAllText(folder["log.jsonl"]));
    }

    [Theory]
    [InlineData("{\"step\":4,\"loss\":0.2")]
    [InlineData("{\"step\":")]
    [InlineData("{")]
    [InlineData("4")]
    [InlineData("{\"loss\":1}")]
    [InlineData("{\"step\":\"4\"}")]
    [InlineData("{\"step\":99999999999999999999}")]
    [InlineData("\0\0\0\0")]
    public void A_last_line_that_a_crash_has_cut_is_dropped(string torn)
    {
        using var folder = new TempFolder();
        Write(folder["log.jsonl"], steps: 3);
        File.AppendAllText(folder["log.jsonl"], torn);
        using (var log = new TrainingLog(folder["log.jsonl"], step: 8))
        {
            Assert.Equal([1L, 2, 3], log.Entries.Select(e => e.Step));
            log.Add(new TrainingStep(9, 1, 1));
        }

        Assert.Equal([1L, 2, 3, 9], TrainingLog.Read(folder["log.jsonl"]).Select(e => e.Step));
    }

    [Fact]
    public void A_log_that_is_gone_begins_anew_where_the_run_goes_on()
    {
        using var folder = new TempFolder();
        using var log = new TrainingLog(folder["log.jsonl"], step: 5);
        log.Add(new TrainingStep(6, 1, 1));

        Assert.Equal([6L], log.Entries.Select(e => e.Step));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_number_is_left_out(double meanIoU)
    {
        using var folder = new TempFolder();
        using (var log = new TrainingLog(folder["log.jsonl"], step: 0))
        {
            log.AddEvaluation(1, meanIoU);
        }

        Assert.Equal("{\"step\":1}\n", File.ReadAllText(folder["log.jsonl"]));
        Assert.Equal(new TrainingLogEntry(1, null, null, null), Assert.Single(TrainingLog.Read(folder["log.jsonl"])));
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void A_log_is_the_same_under_every_culture(string culture)
    {
        using var folder = new TempFolder();
        Write(folder["invariant.jsonl"], steps: 3);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            Write(folder["other.jsonl"], steps: 3);
            Assert.Equal(File.ReadAllText(folder["invariant.jsonl"]), File.ReadAllText(folder["other.jsonl"]));
            Assert.Equal(0.1f, TrainingLog.Read(folder["other.jsonl"])[0].LearningRate);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_path_that_cannot_be_written_is_one_line(long step)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        string path = Path.Combine(folder["file"], "log.jsonl");

        var e = Assert.Throws<FcnSharpException>(() => new TrainingLog(path, step));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_folder_in_the_logs_place_is_one_line()
    {
        using var folder = new TempFolder();

        var e = Assert.Throws<FcnSharpException>(() => new TrainingLog(folder.Root, step: 0));

        Assert.StartsWith(folder.Root, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_log_that_another_program_keeps_to_itself_is_one_line()
    {
        using var folder = new TempFolder();
        Write(folder["log.jsonl"], steps: 3);
        using var other = new FileStream(folder["log.jsonl"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var e = Assert.Throws<FcnSharpException>(() => new TrainingLog(folder["log.jsonl"], step: 3));

        Assert.StartsWith(folder["log.jsonl"], e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static void Write(string path, int steps)
    {
        using var log = new TrainingLog(path, step: 0);
        for (int step = 1; step <= steps; step++)
        {
            log.Add(new TrainingStep(step, step, 0.1f));
        }
    }
}
