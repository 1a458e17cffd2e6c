using Farsight.Alignment.Synthesis;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class SynthesisJournalTests : IDisposable
{
    const int Samples = 90; // three groups

    readonly SynthesisFiles _files = new();

    string Partial => _files.Output + ".partial";

    string Journal => _files.Output + ".journal.json";

    [Fact]
    public void Equal_runs_give_equal_files()
    {
        SynthesisFiles.Run(_files.Options(Samples));
        SynthesisFiles.Run(_files.Options(Samples, _files["again.jsonl"]));

        Assert.Equal(File.ReadAllBytes(_files.Output), File.ReadAllBytes(_files["again.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_files.Output + ".summary.json"), File.ReadAllBytes(_files["again.jsonl.summary.json"]));
        Assert.False(File.Exists(Partial) || File.Exists(Journal));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "")]
    [InlineData(1, "{\"id\":\"half a sam")] // killed between the samples and the journal
    [InlineData(2, "{\"id\":\"whole\"}\n{}\n")]
    public void Stopped_after_any_group_and_resumed_has_the_bytes_of_never_stopped(int groups, string unjournaled)
    {
        SynthesisFiles.Run(_files.Options(Samples, _files["whole.jsonl"]));

        Assert.Throws<OperationCanceledException>(() => StopAfter(groups));
        Assert.False(File.Exists(_files.Output));
        File.AppendAllText(Partial, unjournaled);
        ScriptedResponses rest = SynthesisFiles.Script();
        SynthesisFiles.Run(_files.Options(Samples), rest);

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl.summary.json"]), File.ReadAllBytes(_files.Output + ".summary.json"));
        Assert.InRange(rest.Calls, 1, 5 * (3 - groups));
    }

    [Fact]
    public void Killed_before_and_after_the_renaming_it_is_finished_by_the_next_run()
    {
        Assert.Throws<OperationCanceledException>(() => StopAfter(1));
        string journal = File.ReadAllText(Journal);
        SynthesisCounts counts = SynthesisFiles.Run(_files.Options(Samples)).Counts;
        byte[] made = File.ReadAllBytes(_files.Output);

        // renamed, and the journal not yet deleted
        File.WriteAllText(Journal, journal.Replace("\"written\": ", "\"written\": 9", StringComparison.Ordinal));
        SynthesisCounts again = SynthesisFiles.Run(_files.Options(Samples)).Counts;

        Assert.NotEqual(counts.Written, again.Written); // taken from the journal, nothing generated
        Assert.Equal(made, File.ReadAllBytes(_files.Output));
        Assert.False(File.Exists(Journal));
    }

    [Fact]
    public void A_complete_file_is_left_as_it_is_and_other_settings_are_refused_by_name()
    {
        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(_files.Options(4));
        DateTime written = File.GetLastWriteTimeUtc(_files.Output);
        ScriptedResponses unused = SynthesisFiles.Script();

        SynthesisSummary<LogoSettings> again = SynthesisFiles.Run(_files.Options(4), unused);

        Assert.Equal((false, true, 0), (made.WasComplete, again.WasComplete, unused.Calls));
        Assert.Equal((made.Counts.Written, made.Counts.Tried), (again.Counts.Written, again.Counts.Tried));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_files.Output));
        Assert.Equal(
            $"samples is 5 instead of 4; {_files.Output} exists and was made with other settings. Choose another output file, or remove it "
                + "to make it again.",
            Refusal(_files.Options(5)));
    }

    [Fact]
    public void An_existing_file_that_is_not_what_its_summary_says_is_refused()
    {
        SynthesisFiles.Run(_files.Options(4));
        string summary = _files.Output + ".summary.json";

        File.AppendAllText(_files.Output, "{}\n");
        Assert.Contains("another number of samples than its summary says", Refusal(_files.Options(4)), StringComparison.Ordinal);
        File.WriteAllText(summary, "{");
        Assert.Equal($"{summary} is damaged; remove it and data.jsonl to start again.", Refusal(_files.Options(4)));
        File.Delete(summary);
        Assert.Equal($"{_files.Output} exists; remove it or choose another output file.", Refusal(_files.Options(4)));
    }

    [Fact]
    public void A_place_where_no_folder_can_be_made_is_refused()
    {
        File.WriteAllText(_files["file"], "");
        string output = Path.Combine(_files["file"], "folder", "data.jsonl");

        InputException refused = Assert.ThrowsAny<InputException>(() => SynthesisFiles.Run(_files.Options(4, output)));

        Assert.Equal($"The folder {Path.GetDirectoryName(output)} cannot be created; choose another output folder.", refused.Message);
    }

    [Fact]
    public void Other_settings_are_refused_by_name()
    {
        Assert.Throws<OperationCanceledException>(() => StopAfter(1));
        LogoOptions options = _files.Options(Samples);

        Assert.Contains("threshold is 5 instead of 6", Refusal(options with { Threshold = 5 }), StringComparison.Ordinal);
        Assert.Contains("chunk_tokens is 80 instead of 96", Refusal(options with { ChunkTokens = 80 }), StringComparison.Ordinal);
        Assert.Contains("temperature is 1 instead of 0.8", Refusal(options with { Temperature = 1 }), StringComparison.Ordinal);
        File.AppendAllText(_files["documents/keeper.txt"], " More.");
        Assert.Contains("documents has other texts", Refusal(options), StringComparison.Ordinal);
    }

    [Fact]
    public void Before_anything_was_made_other_settings_begin_anew()
    {
        SynthesisFiles.Run(_files.Options(4) with { Out = _files["whole.jsonl"], Threshold = 5 });
        Assert.Throws<OperationCanceledException>(() => StopAfter(0));
        File.WriteAllText(Partial, "{\"id\":\"half a sam");

        SynthesisFiles.Run(_files.Options(4) with { Threshold = 5 });

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.False(File.Exists(Journal));
    }

    [Fact]
    public void Damage_is_told_and_nothing_is_overwritten()
    {
        Assert.Throws<OperationCanceledException>(() => StopAfter(1));
        string journal = File.ReadAllText(Journal);

        File.WriteAllText(Journal, journal[..40]);
        Assert.Contains("damaged", Refusal(_files.Options(Samples)), StringComparison.Ordinal);
        File.Delete(Journal);
        Assert.Contains("without its journal", Refusal(_files.Options(Samples)), StringComparison.Ordinal);
        File.WriteAllText(Journal, journal);
        File.WriteAllText(Partial, "");
        Assert.Contains("shorter", Refusal(_files.Options(Samples)), StringComparison.Ordinal);
        using FileStream other = new(Partial, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains("in use", Refusal(_files.Options(Samples)), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    static string Refusal(LogoOptions options) => Assert.ThrowsAny<InputException>(() => SynthesisFiles.Run(options)).Message;

    void StopAfter(int groups)
    {
        using CancellationTokenSource source = new();
        SynthesisRun.Start(_files.Options(Samples), SynthesisFiles.Model(), new Stopper(source, groups), source.Token);
    }

    sealed class Stopper(CancellationTokenSource source, int groups) : IProgress<SynthesisProgress>
    {
        int _reports; // the first one comes before the first group

        public void Report(SynthesisProgress value)
        {
            if (value.Responses == 0 && _reports++ == groups)
            {
                source.Cancel();
            }
        }
    }
}
