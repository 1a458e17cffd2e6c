using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Contrast;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.Contrast;

public sealed class ContrastSynthesisTests : IDisposable
{
    const int Samples = 60, Chunks = 16;

    readonly SynthesisFiles _files = new();

    [Fact]
    public void Kinds_take_turns_and_every_sample_has_two_rejected_responses_that_differ()
    {
        SynthesisSummary<ContrastSettings> summary = Run(Options());

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal((Samples, "distractors, unanswerable, entities, instructions"), (samples.Length, summary.Settings.Kind));
        Assert.Equal(["distractors-5-0", "unanswerable-5-1", "entities-5-2", "instructions-5-3"], samples.Take(4).Select(s => s.Id));
        Assert.All(samples, s => Assert.Equal(3, s.Rejected.Append(s.Chosen).Distinct().Count()));
        Assert.All(samples, s => Assert.Equal(Chunks, s.Context.Count));
        Assert.All(samples, s => Assert.Empty(s.Problems()));
    }

    [Fact]
    public void The_asked_fact_is_in_the_context_among_others_whose_values_are_rejected()
    {
        Run(Options(ContrastKind.Distractors));

        foreach (PreferenceSample sample in _files.Samples())
        {
            string text = TextOf(sample),
                key = sample.Chosen[..sample.Chosen.IndexOf(" is ", StringComparison.Ordinal)];
            Assert.Equal(
                (sample.Chosen, sample.Provenance.Seen.Chosen.Single()),
                (sample.Provenance.Fact!.Text, sample.Provenance.Fact.Chunk));
            Assert.Contains(sample.Chosen, text, StringComparison.Ordinal);
            Assert.InRange(sample.Context.Count(c => c.Role == ChunkRole.Partial), 3, 7);
            Assert.StartsWith(key, sample.Rejected[0], StringComparison.Ordinal);
            Assert.DoesNotContain(sample.Rejected[0], text, StringComparison.Ordinal);
            Assert.Contains(sample.Rejected[1], text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_question_is_refused_exactly_where_its_key_is_not_in_the_context()
    {
        Run(Options(ContrastKind.Unanswerable));

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal(Samples / 2, samples.Count(s => s.Chosen == NeedleQuestions.Refusal));
        foreach (PreferenceSample sample in samples)
        {
            bool isRefused = sample.Chosen == NeedleQuestions.Refusal;
            Assert.Equal(!isRefused, sample.Rejected.Contains(NeedleQuestions.Refusal));
            Assert.Equal(!isRefused, TextOf(sample).Contains(KeyOf(sample.Question), StringComparison.OrdinalIgnoreCase));
            Assert.Equal(isRefused ? 0 : 1, sample.Context.Count(c => c.Role == ChunkRole.Relevant));
        }
    }

    [Fact]
    public void Rejected_lists_hold_one_that_is_not_there_or_the_wrong_number()
    {
        Run(Options(ContrastKind.Entities));

        foreach (PreferenceSample sample in _files.Samples())
        {
            string text = TextOf(sample);
            string[] right = Sentences(sample.Chosen), invented = Sentences(sample.Rejected[0]), other = Sentences(sample.Rejected[1]);
            Assert.All(right, s => Assert.Contains(s, text, StringComparison.Ordinal));
            Assert.Equal(right.Length, sample.Provenance.Seen.Chosen.Length);
            Assert.DoesNotContain(invented.Except(right).Single(), text, StringComparison.Ordinal);
            Assert.Equal(right.Length + 1, invented.Length);
            Assert.Equal(right.Length > 1 ? right.Length - 1 : 2, other.Length);
        }
    }

    [Fact]
    public void Rejected_responses_are_right_in_another_form()
    {
        Run(Options(ContrastKind.Instructions));

        PreferenceSample[] samples = _files.Samples();
        Assert.All(
            samples,
            s => Assert.All(s.Rejected.Append(s.Chosen), r => Assert.Contains(s.Provenance.Fact!.Answer, r, StringComparison.Ordinal)));
        Assert.All(
            NeedleForm.All,
            f =>
                Assert.Equal(
                    Samples / NeedleForm.All.Count,
                    samples.Count(s => s.Question.EndsWith(f.Instruction.Length > 0 ? f.Instruction : "?", StringComparison.Ordinal))));
    }

    [Fact]
    public void The_models_own_mistakes_are_rejected_and_what_is_of_no_use_is_substituted()
    {
        const string Own = "The model rambled on about something.";
        SynthesisSummary<ContrastSettings> own = Run(Options(ContrastKind.Unanswerable), (_, _, _) => Own);

        Assert.All(_files.Samples().Where(s => s.Chosen == NeedleQuestions.Refusal), s => Assert.Contains(Own, s.Rejected));
        Assert.True(own.Counts.Resampled["rejected_substituted"] > 0);
        Assert.All(
            _files.Samples(),
            s => Assert.Equal(s.Rejected.Select(r => r == Own), s.Provenance.Seen.Rejected.Select(seen => seen.Length > 0)));
    }

    [Fact]
    public void Stopped_and_resumed_has_the_bytes_of_never_stopped()
    {
        Run(Options() with { Out = _files["whole.jsonl"] });
        int calls = 0;

        Assert.ThrowsAny<InputException>(() => Run(Options(), (_, _, answer) => ++calls > 90 ? throw new InputException("gone") : answer));
        Assert.NotEqual(0, new FileInfo(_files.Output + ".partial").Length);
        Run(Options());

        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl"]), File.ReadAllBytes(_files.Output));
        Assert.Equal(File.ReadAllBytes(_files["whole.jsonl.summary.json"]), File.ReadAllBytes(_files.Output + ".summary.json"));
    }

    [Theory]
    [InlineData(7, 0.8, "chunks is 7")]
    [InlineData(16, 0, "temperature must be")]
    public void What_makes_no_sense_is_said(int chunks, double temperature, string message) =>
        Assert.Contains(
            message,
            Assert.ThrowsAny<InputException>(() => Run(Options() with { Chunks = chunks, Temperature = temperature })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_kind_that_is_named_twice_is_said() =>
        Assert.Contains(
            "kinds must name",
            Assert.ThrowsAny<InputException>(() => Run(Options(ContrastKind.Entities, ContrastKind.Entities))).Message,
            StringComparison.Ordinal);

    public void Dispose() => _files.Dispose();

    ContrastOptions Options(params ContrastKind[] kinds)
    {
        ContrastOptions options = new("unused", _files.Documents, Samples, Seed: 5, _files.Output)
        {
            ChunkTokens = SynthesisFiles.ChunkTokens,
            Chunks = Chunks,
        };
        return kinds.Length > 0 ? options with { Kinds = kinds } : options;
    }

    static SynthesisSummary<ContrastSettings> Run(
        ContrastOptions options, Func<string, ScriptedRequest, string, string?>? spoil = null) =>
        SynthesisRun.Start(options, SynthesisFiles.Model(SynthesisFiles.Script(spoil)), null, CancellationToken.None);

    static string TextOf(PreferenceSample sample) => SynthesisFiles.Tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]);

    static string KeyOf(string question) =>
        question
            .Replace(" hidden?", "", StringComparison.Ordinal)
            .TrimEnd('?')
            .Split([" for ", " password of ", " is the ", " code of the "], StringSplitOptions.None)[^1];

    static string[] Sentences(string text) => text.Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
