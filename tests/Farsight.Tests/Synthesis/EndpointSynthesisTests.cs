using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Synthesis;

public sealed class EndpointSynthesisTests : IDisposable
{
    const int Samples = 40;

    readonly SynthesisFiles _files = new();

    public EndpointSynthesisTests() => File.WriteAllText(_files["documents/keeper.txt"], LedgerChat.Ledger(400));

    [Fact]
    public void The_model_writes_questions_of_three_kinds_and_answers_them_from_the_chunks_they_are_about()
    {
        LogoSynthesisSummary summary = Run(Options(Samples), new LedgerChat());

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal(("write", Samples), (summary.Settings.Questions, samples.Length));
        Assert.Equal(
            [QuestionOrigin.SingleDetail, QuestionOrigin.MultiDetail, QuestionOrigin.Summary],
            samples.Select(s => s.Provenance.Question!.Value).Distinct().Order());
        foreach (PreferenceSample sample in samples)
        {
            string day = sample.Question.Split("day ")[1].TrimEnd('?');
            string seen = SynthesisFiles.Tokenizer.Decode([.. sample.Provenance.Seen.Chosen.SelectMany(i => sample.Context[i].Tokens)]);
            Assert.Contains($"day {day} the keeper", seen, StringComparison.Ordinal);
            Assert.Equal($"On day {day} the keeper counted {int.Parse(day) * 7919 % 9973} lamps.", sample.Chosen);
            Assert.DoesNotContain(sample.Chosen, sample.Rejected);
            Assert.Equal(SynthesisFiles.Chunks, sample.Context.Count);
            Assert.All(sample.Provenance.Seen.Rejected[0], i => Assert.Equal(ChunkRole.Irrelevant, sample.Context[i].Role));
        }
    }

    [Fact]
    public void Whatever_comes_first_the_file_is_the_same()
    {
        Run(Options(Samples, _files["at-once.jsonl"]), new LedgerChat(), concurrency: 1);
        Run(Options(Samples), new LedgerChat(n => TimeSpan.FromMilliseconds(SeededRandom.For(1, "delay", n).Next(20))), concurrency: 8);

        Assert.Equal(File.ReadAllBytes(_files["at-once.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.Equal(File.ReadAllBytes(_files["at-once.jsonl.summary.json"]), File.ReadAllBytes(_files.Output + ".summary.json"));
    }

    [Fact]
    public void An_endpoint_that_breaks_down_loses_nothing_that_was_written()
    {
        Run(Options(Samples, _files["whole.jsonl"]), new LedgerChat());
        int asked = 0;
        LedgerChat broken = new() { Spoil = (_, _, answer) => Interlocked.Increment(ref asked) > 80 ? throw new InputException("The endpoint is gone.") : answer };

        Assert.Equal("The endpoint is gone.", Assert.Throws<InputException>(() => Run(Options(Samples), broken)).Message);
        int kept = File.ReadAllLines(_files.Output + ".partial").Length;
        LedgerChat rest = new();
        Run(Options(Samples), rest);

        Assert.InRange(kept, 1, Samples - 1);
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.InRange(rest.Asked, 1, 6 * (Samples - kept));
    }

    [Fact]
    public void Cancelled_it_stops_at_once_and_goes_on_later()
    {
        Run(Options(Samples, _files["whole.jsonl"]), new LedgerChat());
        using CancellationTokenSource source = new();
        LedgerChat endless = new(n => n == 70 ? TimeSpan.FromHours(1) : TimeSpan.Zero) { Spoil = (_, _, answer) => { source.CancelAfter(300); return answer; } };

        Assert.ThrowsAny<OperationCanceledException>(() => Run(Options(Samples), endless, cancel: source.Token));
        Run(Options(Samples), new LedgerChat());

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
    }

    [Fact]
    public void Shards_put_together_are_the_whole_file()
    {
        LogoSynthesisSummary whole = Run(Options(Samples, _files["whole.jsonl"]), new LedgerChat());
        SynthesisCounts sum = SynthesisCounts.Zero;
        List<PreferenceSample> parts = [];
        for (int i = 1; i <= 3; i++)
        {
            SynthesisShard shard = SynthesisShard.Parse($"{i}/3");
            sum = sum.Plus(Run(Options(Samples) with { Shard = shard }, new LedgerChat()).Counts);
            parts.AddRange(PreferenceDataset.Stream(_files[$"data.shard-{i}-of-3.jsonl"]));
        }

        Assert.Equal(
            File.ReadAllLines(_files["whole.jsonl"]), parts.OrderBy(p => p.Provenance.SampleIndex).Select(PreferenceLine.Format));
        Assert.Equal((whole.Counts.Written, whole.Counts.Tried), (sum.Written, sum.Tried));
        Assert.Equal(whole.Counts.Questions, sum.Questions);
    }

    [Fact]
    public void Questions_that_cannot_be_used_and_answers_that_do_not_end_are_counted_and_tried_again()
    {
        int questions = 0, answers = 0;
        LedgerChat chat = new()
        {
            Spoil = (question, options, answer) => options.Temperature == 0
                ? (Interlocked.Increment(ref answers) % 5 == 0 ? null : answer)
                : !question.Contains("Question:", StringComparison.Ordinal) ? answer
                : (Interlocked.Increment(ref questions) % 5) switch
                {
                    1 => "I cannot help with that.",
                    2 => "Question: What does the text above say?\nAnswer: Nothing.",
                    _ => answer,
                },
        };
        SynthesisCounts counts = Run(Options(Samples), chat, concurrency: 1).Counts;

        Assert.Equal(Samples, counts.Written);
        Assert.InRange(counts.Dropped["question_unparsed"], 1, Samples);
        Assert.InRange(counts.Dropped["question_speaks_of_the_text"], 1, Samples);
        Assert.InRange(counts.Resampled["chosen_no_end"], 1, Samples);
    }

    [Fact]
    public void A_document_that_brings_questions_is_asked_these_and_each_before_any_twice()
    {
        File.Delete(_files["documents/keeper.txt"]);
        var questions = Enumerable.Range(1, 20).Select(d => new { question = $"How many lamps did the keeper of Ardmore count on day {d * 11}?", answer = $"{d * 11 * 7919 % 9973}" });
        File.WriteAllText(_files["documents/own.jsonl"], System.Text.Json.JsonSerializer.Serialize(new { text = LedgerChat.Ledger(300), questions }));

        LogoSynthesisSummary summary = Run(Options(20), new LedgerChat());

        Assert.Equal("own", summary.Settings.Questions);
        string[] first = [.. _files.Samples().Where(s => s.Provenance.Try is null).Select(s => s.Question)];
        Assert.InRange(first.Length, 5, 20);
        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.All(_files.Samples(), s => Assert.Equal(QuestionOrigin.Document, s.Provenance.Question));
    }

    public void Dispose() => _files.Dispose();

    /// <summary>All days of a ledger are told in the same words, so the rare ones must weigh more.</summary>
    LogoSynthesisOptions Options(int samples, string? output = null) => _files.Options(samples, output) with { Scorer = "evidence" };

    static LogoSynthesisSummary Run(LogoSynthesisOptions options, LedgerChat chat, int concurrency = 4, CancellationToken cancel = default) =>
        LogoSynthesis.Run(options, SynthesisFiles.Endpoint(chat, concurrency), null, cancel);
}
