using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

public sealed class ProgressLineTests
{
    [Fact]
    public void Without_a_terminal_a_line_comes_every_two_seconds_and_the_last_state_at_the_end()
    {
        StringWriter text = new();
        Clock clock = new();
        using (ProgressLine line = new(text, "step", liveWidth: null, clock))
        {
            for (int step = 0; step <= 9; step++)
            {
                line.Report(step, 20, $"loss {step}");
                clock.Advance(0.5);
            }
        }

        Assert.Equal(
            ["step 0/20  loss 0", "step 4/20  8s left  loss 4", "step 8/20  6s left  loss 8", "step 9/20  6s left  loss 9"],
            Lines(text));
    }

    [Fact]
    public void A_resumed_job_reckons_with_what_this_process_did()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "step", liveWidth: null, clock);
        line.Report(100, 200, "");
        clock.Advance(10);
        line.Report(101, 200, "");

        Assert.Equal("step 101/200  16m 30s left", Lines(text)[^1]);
    }

    [Fact]
    public void Items_that_differ_in_work_reckon_with_the_work_that_is_left()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "example", liveWidth: null, clock);
        line.Report(1, 4, "", work: 0.1);
        clock.Advance(10);
        line.Report(3, 4, "", work: 0.3);

        Assert.Equal("example 3/4  35s left", Lines(text)[^1]); // a fifth of the work took ten seconds, and seven tenths are left
    }

    [Fact]
    public void On_a_terminal_the_line_is_redrawn_without_the_parts_that_do_not_fit()
    {
        StringWriter text = new();
        using (ProgressLine line = new(text, "step", liveWidth: 12, new Clock()))
        {
            line.Report(1, 20, "loss 3.5");
        }

        Assert.Equal($"\rstep 1/20{text.NewLine}", text.ToString());
    }

    [Fact]
    public void A_terminal_of_80_columns_shows_the_remaining_time_of_a_training()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "step", liveWidth: 80, clock);
        line.Report(100, 20_000, "");
        clock.Advance(10);
        line.Report(101, 20_000, "12345 tokens/s  loss 0.123  margin 12.34  accuracy 93%  chosen log-prob -1.234  exact match 33%");

        Assert.EndsWith("step 101/20000  55h 16m left  12345 tokens/s  loss 0.123  margin 12.34", text.ToString().TrimEnd());
        Assert.True(text.ToString().Split('\r')[^1].Length < 80);
    }

    [Fact]
    public void A_note_stays_above_the_line()
    {
        StringWriter text = new();
        ProgressLine line = new(text, "step", liveWidth: 40, new Clock());
        line.Report(1, 20, "");
        line.Note("saved");

        Assert.Equal($"\rstep 1/20\rsaved    {text.NewLine}", text.ToString());
    }

    [Fact]
    public void A_measurement_between_two_items_is_shown_after_two_seconds_with_its_remaining_time()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "step", liveWidth: null, clock);
        line.ReportPart("held-out sample", 0, 4, share: 0);
        clock.Advance(1);
        line.ReportPart("held-out sample", 1, 4, share: 0.2);

        Assert.Empty(Lines(text));

        clock.Advance(2);
        line.ReportPart("held-out sample", 2, 4, share: 0.6);

        Assert.Equal(["held-out sample 2/4  2s left"], Lines(text)); // three fifths of the work took three seconds
    }

    [Fact]
    public void Within_a_slow_step_its_samples_are_shown_with_the_remaining_time_of_the_run()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "step", liveWidth: null, clock);
        line.Report(0, 10, "", work: 0);
        line.ReportPart("sample", 0, 2, share: null, work: 0);
        clock.Advance(12);
        line.ReportPart("sample", 1, 2, share: null, work: 0.05);

        Assert.Equal(["step 0/10", "step 0/10  3m 48s left  sample 1/2"], Lines(text)); // 19 times twelve seconds
    }

    [Fact]
    public void A_part_that_is_over_leaves_the_line_of_the_items_as_it_was()
    {
        StringWriter text = new();
        Clock clock = new();
        using (ProgressLine line = new(text, "step", liveWidth: null, clock))
        {
            line.Report(1, 3, "loss 2");
            clock.Advance(5);
            line.ReportPart("sample", 0, 2, share: null, work: 0.4);
            clock.Advance(20);
            line.ReportPart("sample", 2, 2, share: null, work: 0.6);
            line.Report(2, 3, "loss 1");
        }

        Assert.Equal(["step 1/3  loss 2", "step 2/3  loss 1"], Lines(text).Select(l => l.Replace("  25s left", "")));
    }

    [Fact]
    public void A_shorter_line_erases_the_rest_of_the_longer_one_before_it()
    {
        StringWriter text = new();
        Clock clock = new();
        ProgressLine line = new(text, "step", liveWidth: 40, clock);
        line.Report(1, 20, "loss 3.25");
        clock.Advance(1);
        line.Report(1, 20, "end");

        Assert.Equal("\rstep 1/20  loss 3.25\rstep 1/20  end      ", text.ToString());
    }

    static string[] Lines(StringWriter text) => text.ToString().Split(text.NewLine, StringSplitOptions.RemoveEmptyEntries);

    sealed class Clock : TimeProvider
    {
        long _now = 1;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _now;

        internal void Advance(double seconds) => _now += (long)(seconds * 1000);
    }
}
