using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.LongPo;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.LongPo;

public sealed class LongPoSynthesisTests : IDisposable
{
    const int Least = 80, Most = 150, Document = 900, Samples = 50;

    readonly SynthesisFiles _files = new();

    [Fact]
    public void A_chosen_response_is_written_from_one_chunk_and_a_rejected_one_from_the_whole_document()
    {
        List<ScriptedRequest> asked = [];
        SynthesisSummary<LongPoSettings> summary = Run(
            Options(),
            spoil: (_, request, answer) =>
            {
                asked.Add(request);
                return Forgets(request, answer);
            });

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal((Samples, "insert"), (samples.Length, summary.Settings.Questions));
        Assert.Equal(samples.Length, summary.Counts.Questions["fact"]);
        foreach (PreferenceSample sample in samples)
        {
            int chunk = Assert.Single(sample.Provenance.Seen.Chosen);
            Assert.Equal(Enumerable.Range(0, sample.Context.Count), sample.Provenance.Seen.Rejected.Single());
            Assert.Equal((chunk, sample.Chosen), (sample.Provenance.Fact!.Chunk, sample.Provenance.Fact.Text));
            Assert.Equal(ChunkRole.Relevant, sample.Context[chunk].Role);
            Assert.InRange(sample.Context[chunk].Tokens.Length, Least, Most);
            Assert.InRange(sample.Context.Sum(c => c.Tokens.Length), Least + Most, Document);
            int[] prompt = SynthesisFiles.Format.Prompt(sample.Context[chunk].Tokens, sample.Question);
            int[] whole = SynthesisFiles.Format.Prompt([.. sample.Context.SelectMany(c => c.Tokens)], sample.Question);
            Assert.Contains(asked, a => a.Prompt.SequenceEqual(prompt) && a.Sampling.Temperature == 1);
            Assert.Contains(asked, a => a.Prompt.SequenceEqual(whole) && a.Sampling.Temperature == 1);
        }
    }

    [Fact]
    public void Several_turns_ask_about_different_chunks_of_one_document_and_make_a_line_that_reads_back()
    {
        Run(Options() with { Turns = 3 });

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal(Samples, samples.Length);
        foreach (PreferenceSample sample in samples)
        {
            int[] chunks = [sample.Provenance.Seen.Chosen.Single(), .. sample.Turns!.Select(t => t.Seen.Chosen.Single())];
            Assert.Equal(3, chunks.Distinct().Count());
            Assert.All(sample.Turns!, t => Assert.Equal((t.Fact!.Text, QuestionOrigin.Fact), (t.Chosen, t.Origin)));
            Assert.Equal(3, sample.Turns!.Select(t => t.Question).Append(sample.Question).Distinct().Count());
            Assert.Equal(
                PreferenceLine.Format(sample),
                PreferenceLine.Format(PreferenceLine.Parse(PreferenceLine.Format(sample), "again")));
        }
    }

    [Fact]
    public void A_turn_that_comes_to_nothing_is_left_out_and_counted()
    {
        SynthesisSummary<LongPoSettings> summary = Run(Options() with { Turns = 3 }, spoil: (question, request, answer) =>
            question.Contains("password", StringComparison.Ordinal) ? answer : Forgets(request, answer));

        Assert.InRange(summary.Counts.Dropped["turn_chosen_equals_rejected"], 1, Samples);
        Assert.Contains(_files.Samples(), s => s.Turns!.Count == 1);
        Assert.All(_files.Samples(), s => Assert.InRange(s.Turns!.Count, 1, 2));
        Assert.DoesNotContain(_files.Samples(), s => s.Question.Contains("password", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chosen_equals_rejected", "")]
    [InlineData("rejected_too_short", "Nothing.")]
    [InlineData(
        "rejected_repetition_loop",
        "and so it was and so it was and so it was and so it was and so it was and so it was and so it was and so it was"
    )]
    public void A_rejected_response_that_teaches_nothing_is_never_written(string reason, string response)
    {
        SynthesisSummary<LongPoSettings> summary = Run(
            Options(),
            spoil: (question, request, answer) =>
                !question.Contains("number", StringComparison.Ordinal) || !IsLong(request) ? Forgets(request, answer)
                : response.Length == 0 ? answer
                : response);

        Assert.InRange(summary.Counts.Dropped[reason], 1, 6 * Samples);
        Assert.DoesNotContain(_files.Samples(), s => s.Question.Contains("number", StringComparison.Ordinal));
    }

    [Fact]
    public void Stopped_and_resumed_has_the_bytes_of_never_stopped()
    {
        Run(Options(_files["whole.jsonl"]));
        int calls = 0;

        Assert.ThrowsAny<InputException>(() =>
            Run(Options(), spoil: (_, request, answer) => ++calls > 80 ? throw new InputException("gone") : Forgets(request, answer)));
        Assert.NotEqual(0, new FileInfo(_files.Output + ".partial").Length);
        File.AppendAllText(_files.Output + ".partial", "{\"id\":\"half a sam");
        Run(Options());

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl.summary.json"]), File.ReadAllBytes(_files.Output + ".summary.json"));
        Assert.False(File.Exists(_files.Output + ".journal.json"));
    }

    [Fact]
    public void Other_settings_do_not_continue_a_file()
    {
        int calls = 0;
        Assert.ThrowsAny<InputException>(() =>
            Run(Options(), spoil: (_, request, answer) => ++calls > 80 ? throw new InputException("gone") : Forgets(request, answer)));

        Assert.Contains(
            "turns is 2 instead of 1",
            Assert.ThrowsAny<InputException>(() => Run(Options() with { Turns = 2 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_put_together_are_the_whole_file()
    {
        Run(Options(_files["whole.jsonl"]));
        foreach (int i in new[] { 2, 1 })
        {
            Run(Options() with { Shard = new(i, 2) });
        }
        ShardMerge.Write(
            _files["merged.jsonl"],
            [.. Enumerable.Range(1, 2).Select(i => _files[$"data.shard-{i}-of-2.jsonl"])],
            allowMissing: false);

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files["merged.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl.summary.json"]), File.ReadAllBytes(_files["merged.jsonl.summary.json"]));
    }

    [Fact]
    public void Every_document_has_its_turn_before_more_of_its_chunks_are_asked_about()
    {
        for (int i = 0; i < 3; i++)
        {
            File.Copy(_files["documents/keeper.txt"], _files[$"documents/{i}.txt"]);
        }
        Run(
            Options() with
            {
                Samples = 24,
                ChunksPerDocument = 1,
                DocumentTokens = 1000,
            },
            spoil: (_, request, answer) => Forgets(request, answer));

        var stretches = _files.Samples().GroupBy(s => (s.Context[0].Document, s.Context[0].Index)).ToArray();
        Assert.All(stretches, s => Assert.InRange(s.Count(), 1, (24 / stretches.Length) + 1));
    }

    [Fact]
    public void A_documents_own_questions_are_asked_about_the_chunk_that_answers_them()
    {
        const string Answer = "The secret cellar of Ardmore is below the bell tower.";
        _files.WriteOwnQuestion("Where is the secret cellar of Ardmore?", Answer);

        SynthesisSummary<LongPoSettings> summary =
            Run(Options() with { Samples = 4, DocumentTokens = 100_000, Questions = QuestionSubject.Document });

        Assert.Equal(("own", 4), (summary.Settings.Questions, summary.Counts.Questions["document"]));
        Assert.Equal((1, 0), (summary.Documents.Used, summary.Documents.Dropped.Count));
        Assert.All(_files.Samples(), s => Assert.Equal(Answer, s.Chosen));
        Assert.All(
            _files.Samples(),
            s =>
                Assert.Contains(
                    "cellar of Ardmore is below",
                    SynthesisFiles.Tokenizer.Decode(s.Context[s.Provenance.Seen.Chosen.Single()].Tokens),
                    StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1, "turns is 0")]
    [InlineData(2, 1, "chunks_per_document is 1")]
    public void Numbers_that_make_no_sense_are_named(int turns, int chunks, string message) =>
        Assert.Contains(
            message,
            Assert.ThrowsAny<InputException>(() => Run(Options() with { Turns = turns, ChunksPerDocument = chunks })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Sizes_that_do_not_fit_together_are_named()
    {
        Assert.Contains("raise document_tokens", Refused(Options() with { ChunkTokens = 850 }), StringComparison.Ordinal);
        Assert.Contains("min_chunk_tokens is 4", Refused(Options() with { MinChunkTokens = 4 }), StringComparison.Ordinal);
        Assert.Contains("window of 2048", Refused(Options() with { ChunkTokens = 2000, DocumentTokens = 9000 }), StringComparison.Ordinal);
        File.WriteAllText(_files["documents/keeper.txt"], "Too short to be asked about.");
        Assert.Contains("No document is long enough for a sample", Refused(Options()), StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();

    static string Refused(LongPoOptions options) => Assert.ThrowsAny<InputException>(() => Run(options)).Message;

    LongPoOptions Options(string? output = null) =>
        new("unused", _files.Documents, Samples, Seed: 5, output ?? _files.Output)
        {
            ChunkTokens = Most,
            MinChunkTokens = Least,
            DocumentTokens = Document,
        };

    static SynthesisSummary<LongPoSettings> Run(LongPoOptions options, Func<string, ScriptedRequest, string, string?>? spoil = null) =>
        SynthesisRun.Start(
            options,
            SynthesisFiles.Model(SynthesisFiles.Script(spoil ?? ((_, request, answer) => Forgets(request, answer)))),
            null,
            CancellationToken.None);

    static bool IsLong(ScriptedRequest request) => request.Prompt.Count > Most + 60;

    static string Forgets(ScriptedRequest request, string answer) => IsLong(request) ? "It is somewhere in the text." : answer;
}
