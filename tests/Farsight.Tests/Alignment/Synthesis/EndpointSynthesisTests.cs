using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class EndpointSynthesisTests : IDisposable
{
    const int Samples = 40;

    readonly SynthesisFiles _files = new();

    public EndpointSynthesisTests() => File.WriteAllText(_files["documents/keeper.txt"], LedgerChat.Ledger(400));

    [Fact]
    public void The_model_writes_questions_of_three_kinds_and_answers_them_from_the_chunks_they_are_about()
    {
        SynthesisSummary<LogoSettings> summary = Run(Options(Samples), new LedgerChat());

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
        LedgerChat broken = new()
        {
            Spoil = (_, _, answer) => Interlocked.Increment(ref asked) > 80 ? throw new InputException("The endpoint is gone.") : answer,
        };

        Assert.Equal("The endpoint is gone.", Assert.ThrowsAny<InputException>(() => Run(Options(Samples), broken)).Message);
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
        LedgerChat endless = new(n => n == 70 ? TimeSpan.FromHours(1) : TimeSpan.Zero)
        {
            Spoil = (_, _, answer) =>
            {
                source.CancelAfter(300);
                return answer;
            },
        };

        Assert.ThrowsAny<OperationCanceledException>(() => Run(Options(Samples), endless, cancel: source.Token));
        Run(Options(Samples), new LedgerChat());

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
    }

    [Fact]
    public void A_shard_without_samples_is_refused_before_anybody_is_asked()
    {
        InputException refused = Assert.ThrowsAny<InputException>(() =>
            Run(Options(3) with { Shard = SynthesisShard.Parse("4/4") }, new LedgerChat()));

        Assert.Equal(
            "shard 4/4 would be empty: 3 samples in groups of 1 make at most 3 parts; use 3 or fewer.",
            refused.Message);
        Assert.False(File.Exists(_files["data.shard-4-of-4.jsonl"]));
    }

    [Fact]
    public void Shards_put_together_are_the_whole_file()
    {
        Run(Options(Samples, _files["whole.jsonl"]), new LedgerChat());
        foreach (int i in new[] { 3, 1, 2 })
        {
            Run(Options(Samples) with { Shard = SynthesisShard.Parse($"{i}/3") }, new LedgerChat());
        }
        ShardMerge.Write(
            _files["merged.jsonl"],
            [.. Enumerable.Range(1, 3).Select(i => _files[$"data.shard-{i}-of-3.jsonl"])],
            allowMissing: false);

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files["merged.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl.summary.json"]), File.ReadAllBytes(_files["merged.jsonl.summary.json"]));
    }

    [Fact]
    public void A_judge_s_verdict_is_kept_and_what_it_does_not_accept_is_dropped()
    {
        ScriptedChat judge = new(prompt =>
            prompt.Contains("day 1", StringComparison.Ordinal) && prompt.Split("Question: ")[1].Contains('9', StringComparison.Ordinal)
                ? """{"accepted": false, "reason": "A nine."}"""
                : """{"accepted": true, "reason": "Well."}""");

        SynthesisCounts counts = Run(Options(Samples) with { Judge = new(judge.AsLanguageModel("judge")) }, new LedgerChat()).Counts;

        Assert.Equal(Samples, counts.Written);
        Assert.InRange(counts.Dropped["judge_rejected"], 1, Samples);
        Assert.All(_files.Samples(), s => Assert.Equal(new("judge", true, "Well."), s.Provenance.Judge));
    }

    [Fact]
    public void A_scorer_and_a_judge_that_answer_without_text_end_no_run_and_are_counted()
    {
        LedgerChat writer = new()
        {
            List = text => text.Contains("day 17 ", StringComparison.Ordinal)
                ? throw new UnusableAnswerException("only reasoning")
                : JsonSerializer.Serialize(Regex.Matches(text, @"(?<=day )\d+").Select(m => m.Value)),
        };
        ScriptedChat judge = new(prompt => prompt.Split("Question: ")[1].Contains('9', StringComparison.Ordinal)
            ? throw new UnusableAnswerException("only reasoning")
            : """{"accepted": true, "reason": "Well."}""");
        LogoOptions options = Options(Samples) with { Scorer = "llm", Judge = new(judge.AsLanguageModel("judge")) };

        SynthesisCounts counts = Run(options, writer).Counts;

        Assert.InRange(counts.Written, Samples - 2, Samples); // the judge can reject all tries of a number
        Assert.InRange(counts.ScoredByRules, 1, counts.Tried);
        Assert.InRange(counts.Dropped["judge_rejected"], 1, counts.Tried);
        Assert.Equal(counts.ScoredByRules, (int)JsonNode.Parse(
            File.ReadAllText(_files.Output + ".summary.json"))!["counts"]!["scored_by_rules"]!);
        Assert.All(_files.Samples(), s => Assert.True(s.Provenance.Judge!.Accepted));
    }

    [Fact]
    public void Settings_that_the_server_rejected_are_named_in_the_provenance()
    {
        LedgerChat chat = new() { Omitted = ["temperature"] };

        Run(Options(4), chat);

        Assert.All(_files.Samples(), s => Assert.Equal("temperature", s.Provenance.Generator!.Omitted));
        Assert.Contains(
            "(the server rejected temperature)", File.ReadAllText(_files.Output + ".card.md"), StringComparison.Ordinal);
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
        var questions = Enumerable
            .Range(1, 20)
            .Select(d => new
            {
                question = $"How many lamps did the keeper of Ardmore count on day {d * 11}?",
                answer = $"{d * 11 * 7919 % 9973}",
            });
        File.WriteAllText(
            _files["documents/own.jsonl"],
            JsonSerializer.Serialize(new { text = LedgerChat.Ledger(300), questions }));

        SynthesisSummary<LogoSettings> summary = Run(Options(20), new LedgerChat());

        Assert.Equal("own", summary.Settings.Questions);
        string[] first = [.. _files.Samples().Where(s => s.Provenance.Try is null).Select(s => s.Question)];
        Assert.InRange(first.Length, 5, 20);
        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.All(_files.Samples(), s => Assert.Equal(QuestionOrigin.Document, s.Provenance.Question));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Two_thousand_requests_through_faults_make_the_dataset_of_a_healthy_server()
    {
        ScaledTime time = new(500);
        await using FaultyEndpoint healthy = await FaultyEndpoint.Start(), faulty = await FaultyEndpoint.Start(time);
        (healthy.Text, faulty.Text) = (LedgerChat.Answer, LedgerChat.Answer);
        Func<string, int, EndpointFault>[] faults =
        [
            FaultyEndpoint.Seeded(
                1,
                0.2,
                6,
                EndpointFault.ServerError,
                EndpointFault.HalfABody,
                EndpointFault.Reset),
            FaultyEndpoint.Seeded(4, 0.2, 2, EndpointFault.Garbage, EndpointFault.NoChoice),
            FaultyEndpoint.Seeded(2, 0.04, 6, EndpointFault.Throttled, EndpointFault.ThrottledForSeconds),
            FaultyEndpoint.Seeded(3, 0.005, 6, EndpointFault.Silence),
        ];
        faulty.Fault = (hash, attempt) => faults.Max(f => f(hash, attempt));
        EndpointOptions options = new([healthy.Url], "ledger") { Concurrency = 16 };
        using EndpointSet calm = EndpointSet.Open(options);
        using EndpointSet tried = EndpointSet.Open(
            options with
            {
                Urls = [faulty.Url],
                Timeout = TimeSpan.FromSeconds(100),
                Retries = 20,
                FailuresInARow = 50,
                Patience = TimeSpan.FromDays(1),
            },
            null,
            time);

        await Task.Run(() =>
            SynthesisRun.Start(Options(450, _files["healthy.jsonl"]), SynthesisFiles.Endpoint(calm, 16), null, CancellationToken.None));
        await Task.Run(() => SynthesisRun.Start(Options(450), SynthesisFiles.Endpoint(tried, 16), null, CancellationToken.None));

        Assert.Equal(File.ReadAllBytes(_files["healthy.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.InRange(tried.Usage.Answers, 2000, 5000);
        Assert.InRange(tried.Usage.Failures, 600, 5000);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>All days of a ledger are told in the same words, so the rare ones must weigh more.</summary>
    LogoOptions Options(int samples, string? output = null) => _files.Options(samples, output) with { Scorer = "evidence" };

    static SynthesisSummary<LogoSettings> Run(
        LogoOptions options,
        LedgerChat chat,
        int concurrency = 4,
        CancellationToken cancel = default
    ) => SynthesisRun.Start(options, SynthesisFiles.Endpoint(chat, concurrency), null, cancel);
}
