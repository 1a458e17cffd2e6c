using Farsight.Alignment.Corpus;
using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

public sealed class ReadingNotesTests
{
    [Fact]
    public void A_long_wait_is_told_of_less_and_less_often_and_a_short_one_not()
    {
        Clock time = new();
        StringWriter writer = new();
        using ProgressLine line = new(writer, "sample", null, time);
        ReadingNotes notes = new(line, CancellationToken.None);
        CorpusReport report = new();

        notes.Tell(report);
        Assert.Empty(writer.ToString());
        for (int second = 0; second < 60; second++)
        {
            time.Now += TimeSpan.TicksPerSecond;
            notes.Tell(report);
        }

        string[] told = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(6, told.Length); // after 5, 8, 12, 18, 27, 41 seconds
        Assert.All(told, t => Assert.Equal("Reading documents: 0 read, 0 kept.", t));
    }

    [Fact]
    public void Ctrl_C_stops_reading()
    {
        using ProgressLine line = new(TextWriter.Null, "sample", null, TimeProvider.System);
        CorpusOptions options = new(Path.Combine(AppContext.BaseDirectory, "no corpus"))
        {
            Told = new ReadingNotes(line, new(canceled: true)).Tell,
        };

        Assert.Throws<OperationCanceledException>(() => options.Told(new()));
    }

    sealed class Clock : TimeProvider
    {
        internal long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
