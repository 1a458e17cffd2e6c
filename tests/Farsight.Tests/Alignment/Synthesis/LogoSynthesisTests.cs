using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class LogoSynthesisTests : IDisposable
{
    readonly SynthesisFiles _files = new();

    [Fact]
    public void A_sample_has_whole_sentences_in_ordered_chunks_and_its_fact_whole_in_the_chunk_that_provenance_names()
    {
        SynthesisFiles.Run(_files.Options());

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal(40, samples.Length);
        foreach (PreferenceSample sample in samples)
        {
            Assert.Equal(SynthesisFiles.Chunks, sample.Context.Count);
            Assert.All(sample.Context, c => Assert.InRange(c.Tokens.Length, 1, SynthesisFiles.ChunkTokens));
            Assert.All(sample.Context, c => Assert.EndsWith(".", SynthesisFiles.Tokenizer.Decode(c.Tokens), StringComparison.Ordinal));
            Assert.Equal(sample.Context.Select((_, i) => sample.Context[0].Index + i), sample.Context.Select(c => c.Index));
            InsertedFact fact = sample.Provenance.Fact!;
            Assert.True(sample.Context[fact.Chunk].Tokens.AsSpan().IndexOf(SynthesisFiles.Format.Context(fact.Text)) >= 0);
            Assert.Contains(fact.Answer, sample.Chosen, StringComparison.Ordinal);
            Assert.Equal(ChunkRole.Relevant, sample.Context[fact.Chunk].Role);
            Assert.Equal(["keeper.txt"], sample.Provenance.Documents);
            Assert.DoesNotContain(_files.Documents, PreferenceLine.Format(sample), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Responses_saw_the_chunks_they_should_have_seen_and_differ()
    {
        SynthesisFiles.Run(_files.Options() with { Rejected = 3 });

        PreferenceSample[] samples = _files.Samples();
        foreach (PreferenceSample sample in samples)
        {
            SeenChunks seen = sample.Provenance.Seen;
            int fact = sample.Provenance.Fact!.Chunk;
            Assert.Equal(sample.Provenance.Fact.Text, sample.Chosen);
            Assert.Contains(fact, seen.Chosen);
            Assert.All(
                new[] { seen.Rejected[0], seen.Rejected[2] },
                r => Assert.All(r, i => Assert.Equal(ChunkRole.Irrelevant, sample.Context[i].Role)));
            Assert.Contains(seen.Rejected[1], i => sample.Context[i].Role != ChunkRole.Irrelevant);
            Assert.All(seen.Rejected, r => Assert.InRange(r.Length, 1, 3));
            Assert.All(seen.Rejected, r => Assert.Equal(r.Order(), r));
            Assert.Equal(4, sample.Rejected.Append(sample.Chosen).Distinct().Count());
        }
        // both kinds of partial context: cut inside the value, and another fact
        Assert.Contains(samples, s => s.Provenance.Seen.Rejected[1].Contains(s.Provenance.Fact!.Chunk));
        Assert.Contains(samples, s => !s.Provenance.Seen.Rejected[1].Contains(s.Provenance.Fact!.Chunk));
    }

    [Fact]
    public void The_scores_find_the_fact_and_the_summary_says_how_often()
    {
        SynthesisCounts counts = SynthesisFiles.Run(_files.Options()).Counts;

        Assert.Equal(counts.Tried, counts.FactsInserted);
        Assert.InRange(counts.FactsFound, 0.95 * counts.FactsInserted, counts.FactsInserted);
        Assert.Contains(
            $"\"facts_found\": {counts.FactsFound}",
            File.ReadAllText(_files.Output + ".summary.json"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_documents_own_question_is_asked_and_relevance_comes_from_the_scores()
    {
        const string Answer = "The secret cellar of Ardmore is below the bell tower.";
        _files.WriteOwnQuestion("Where is the secret cellar of Ardmore?", Answer);

        SynthesisCounts counts = SynthesisFiles.Run(_files.Options(8)).Counts;

        Assert.Equal((0, 8), (counts.FactsInserted, counts.Written));
        foreach (PreferenceSample sample in _files.Samples())
        {
            Assert.Null(sample.Provenance.Fact);
            Assert.Equal(Answer, sample.Chosen);
            Assert.Equal(sample.Context.OrderBy(c => c.Index).Select(c => c.Index), sample.Context.Select(c => c.Index));
            string seen = SynthesisFiles.Tokenizer.Decode([.. sample.Provenance.Seen.Chosen.SelectMany(i => sample.Context[i].Tokens)]);
            Assert.Contains("cellar of Ardmore is below", seen, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_gold_answer_is_chosen_though_the_model_never_gives_it()
    {
        _files.WriteOwnQuestion("What is the code of the tower of Ysmere?", "The code of the tower of Ysmere is 4711.");
        ScriptedResponses wrong = SynthesisFiles.Script((_, request, _) => $"It is {request.Random.NextUInt64() % 100}.");

        Assert.ThrowsAny<InputException>(() => SynthesisFiles.Run(_files.Options(4), wrong));
        SynthesisSummary<LogoSettings> made = SynthesisFiles.Run(
            _files.Options(4) with
            {
                Chosen = ChosenSource.Gold,
                Questions = QuestionSubject.Document,
            },
            wrong);

        Assert.Equal("gold", made.Settings.Chosen);
        Assert.All(_files.Samples(), s =>
        {
            Assert.Equal("The code of the tower of Ysmere is 4711.", s.Chosen);
            Assert.True(s.Provenance.ChosenIsGold);
            Assert.All(s.Rejected, r => Assert.StartsWith("It is ", r));
        });
    }

    [Fact]
    public void A_gold_answer_that_the_relevant_chunks_do_not_hold_is_not_chosen()
    {
        _files.WriteOwnQuestion("What is the code of the tower of Ysmere?", "The code of the tower of Ysmere is 4711.");
        string file = _files["documents/own.jsonl"];
        File.WriteAllText(file, File.ReadAllText(file).Replace("is 4711.\"}", "is 5822.\"}"));

        InputException e = Assert.ThrowsAny<InputException>(
            () => SynthesisFiles.Run(_files.Options(2) with { Chosen = ChosenSource.Gold }));
        Assert.Contains("gold_not_in_relevant_chunks", e.Message);
    }

    [Fact]
    public void Gold_answers_and_written_questions_do_not_go_together()
    {
        InputException e = Assert.ThrowsAny<InputException>(
            () => SynthesisFiles.Run(_files.Options() with { Chosen = ChosenSource.Gold, Questions = QuestionSubject.Document }));
        Assert.Contains("chosen is gold", e.Message);
    }

    [Fact]
    public void A_chosen_response_that_is_wrong_is_never_written()
    {
        SynthesisCounts counts = SynthesisFiles.Run(_files.Options(), SynthesisFiles.Script(
            (question, _, answer) => question.Contains("password", StringComparison.Ordinal) ? "The password is lost." : answer)).Counts;

        Assert.Equal(40, counts.Written);
        Assert.Equal(counts.Tried - counts.Written, counts.Dropped.Values.Sum());
        Assert.InRange(counts.Dropped["chosen_wrong"], 1, counts.Resampled["chosen_wrong"]);
        Assert.Contains(_files.Samples(), s => s.Provenance.Try == 1);
        Assert.Equal(Enumerable.Range(0, 40), _files.Samples().Select(s => s.Provenance.SampleIndex));
        Assert.DoesNotContain(_files.Samples(), s => s.Question.Contains("password", StringComparison.Ordinal));
    }

    [Fact]
    public void Rejected_responses_that_are_empty_endless_or_right_are_sampled_again_and_counted()
    {
        SynthesisCounts counts = SynthesisFiles.Run(_files.Options(), SynthesisFiles.Script((_, request, answer) =>
            request.Sampling.Temperature == 0 || request.Sampling.Temperature > 0.9 ? answer
            : (request.Random.NextUInt64() % 3) switch { 0 => null, 1 => " ", _ => answer })).Counts;

        Assert.Equal(40, counts.Written);
        Assert.InRange(counts.Resampled["rejected_no_end"], 5, 80);
        Assert.InRange(counts.Resampled["rejected_empty"], 5, 80);
    }

    [Fact]
    public void When_nothing_can_be_made_the_reasons_are_told_and_no_file_is_left()
    {
        InputException e = Assert.ThrowsAny<InputException>(() =>
            SynthesisFiles.Run(
                _files.Options(5),
                SynthesisFiles.Script((_, request, answer) => request.Sampling.Temperature == 0 ? answer : "I do not know.")));

        Assert.Contains("None of 30 tries", e.Message, StringComparison.Ordinal);
        Assert.Contains("rejected_repeated 30", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_files.Output)!));
    }

    [Fact]
    public void Too_few_usable_samples_end_in_a_file_with_fewer()
    {
        SynthesisCounts counts = SynthesisFiles.Run(_files.Options(20), SynthesisFiles.Script(
            (question, _, answer) => question.Contains("code", StringComparison.Ordinal) ? answer : "No.")).Counts;

        Assert.InRange(counts.Written, 1, 19);
        Assert.Equal(20, counts.Written + counts.GivenUp);
        Assert.Equal(counts.Written + (6 * counts.GivenUp), counts.Tried - _files.Samples().Sum(s => s.Provenance.Try ?? 0));
        Assert.Equal(counts.Written, _files.Samples().Length);
    }

    [Theory]
    [InlineData(1, 6, "samples is 0")]
    [InlineData(2, 3, "chunks is 3")]
    public void Numbers_that_make_no_sense_are_named(int samples, int chunks, string message) => Assert.Contains(
        message,
        Assert.ThrowsAny<InputException>(() => SynthesisFiles.Run(_files.Options(samples - 1) with { Chunks = chunks })).Message,
        StringComparison.Ordinal);

    public void Dispose() => _files.Dispose();
}
