using Farsight.Alignment;
using Farsight.Alignment.Data;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Facts;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Tests.Alignment.Synthesis.Facts;

public sealed class FactsSynthesisTests : IDisposable
{
    const int Samples = 24, Length = 1600; // tokens of a small vocabulary

    readonly SynthesisFiles _files = new();

    [Fact]
    public void Types_and_kinds_take_turns_and_each_sample_has_four_questions_about_one_document()
    {
        SynthesisSummary<FactsSettings> summary = Run(Options());

        PreferenceSample[] samples = _files.Samples();
        Assert.Equal((Samples, "value, several, two_hop, absent"), (samples.Length, summary.Settings.QuestionTypes));
        Assert.Equal(["facts-5-0", "facts-5-1"], samples.Take(2).Select(s => s.Id));
        Assert.Equal(FactKind.Of(NeedleSplit.Training).Select(k => k.Name), summary.Settings.Kinds.Split(", "));
        Assert.All(samples, s => Assert.Equal(3, s.Questions!.Count));
        Assert.All(samples, s => Assert.Null(s.Turns));
        Assert.All(samples, s => Assert.Equal(4, AllOf(s).Select(q => q.Question).Distinct().Count()));
        Assert.All(samples, s => Assert.InRange(s.Context.Sum(c => c.Tokens.Length), Length * 3 / 4, Length));
        Assert.All(samples, s => Assert.InRange(s.Context.Count, 8, 24));
    }

    [Fact]
    public void The_chosen_answer_is_in_the_text_and_a_rejected_one_has_another_value_of_the_text()
    {
        Run(Options(FactQuestionType.Value));

        foreach ((PreferenceSample sample, PreferenceTurn question) in Each())
        {
            string text = TextOf(sample);
            InsertedFact fact = question.Fact!;
            Assert.Contains(fact.Text, text, StringComparison.Ordinal);
            Assert.Contains(fact.Text, SynthesisFiles.Tokenizer.Decode(sample.Context[fact.Chunk].Tokens), StringComparison.Ordinal);
            Assert.Equal([fact.Chunk], question.Seen.Chosen);
            Assert.Equal(2, question.Rejected.Distinct().Count());
            foreach (string rejected in question.Rejected)
            {
                (string chosenPart, string rejectedPart) = Difference(question.Chosen, rejected);
                Assert.Contains(fact.Answer, question.Chosen, StringComparison.OrdinalIgnoreCase);
                Assert.Contains(chosenPart, fact.Answer, StringComparison.OrdinalIgnoreCase);
                Assert.Contains(rejectedPart, text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public void Of_several_values_one_is_exchanged_in_one_rejected_response_and_one_is_missing_in_the_other()
    {
        Run(Options(FactQuestionType.Several));

        foreach ((_, PreferenceTurn question) in Each())
        {
            Assert.True(question.Rejected[1].Length < question.Chosen.Length);
            Assert.Equal(Items(question.Chosen), Items(question.Rejected[0]));
            Assert.Equal(Items(question.Chosen) - 1, Items(question.Rejected[1]));
        }

        static int Items(string answer) => answer.Split(", ").Length + answer.Split(" and ").Length - 1;
    }

    [Fact]
    public void A_two_hop_answer_was_written_from_two_sentences()
    {
        Run(Options(FactQuestionType.TwoHop));

        Assert.All(Each(), q => Assert.InRange(q.Question.Seen.Chosen.Length, 1, 2));
        Assert.Contains(Each(), q => q.Question.Seen.Chosen.Length == 2);
        Assert.All(Each(), q => Assert.Equal(2, q.Question.Rejected.Distinct().Count()));
    }

    [Fact]
    public void Every_second_question_of_the_absent_type_is_refused_and_the_refusal_is_rejected_for_the_others()
    {
        Run(Options(FactQuestionType.Absent));

        foreach (PreferenceSample sample in _files.Samples())
        {
            Assert.Equal([true, false, true, false], AllOf(sample).Select(q => Refusal.Check(q.Chosen) is not null));
            Assert.Equal([0, 1, 0, 1], AllOf(sample).Select(q => q.Rejected.Count(r => Refusal.Check(r) is not null)));
            Assert.Equal([0, 1, 0, 1], AllOf(sample).Select(q => q.Seen.Chosen.Length));
        }
    }

    [Fact]
    public void Without_negatives_there_are_no_rejected_responses_and_the_rest_is_the_same()
    {
        Run(Options());
        PreferenceSample[] minimal = _files.Samples();
        Run(Options() with { Negatives = Negatives.None, Out = _files["none.jsonl"] });

        PreferenceSample[] none = [.. PreferenceDataset.Stream(_files["none.jsonl"])];
        Assert.All(none.SelectMany(AllOf), q => Assert.Empty(q.Rejected));
        Assert.Equal(minimal.Select(s => s.Prompt), none.Select(s => s.Prompt));
        Assert.Equal(
            minimal.SelectMany(AllOf).Select(q => (q.Question, q.Chosen)),
            none.SelectMany(AllOf).Select(q => (q.Question, q.Chosen)));
    }

    [Fact]
    public void Two_parts_together_are_the_whole_file()
    {
        FactsOptions options = Options() with { Samples = 40 }; // more than a group
        Run(options);
        Run(options with { Shard = new(1, 2) });
        Run(options with { Shard = new(2, 2) });

        string[] parts = [.. Enumerable.Range(1, 2).SelectMany(i => File.ReadLines(_files[$"data.shard-{i}-of-2.jsonl"]))];
        Assert.Equal(File.ReadLines(_files.Output).Order(StringComparer.Ordinal), parts.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("4-24", 4, 2, "facts is 4-24; use 8 to 1000")]
    [InlineData("24-16", 4, 2, "facts is 24-16; write a number or a range")]
    [InlineData("many", 4, 2, "facts is many; write a number or a range")]
    [InlineData("16", 0, 2, "questions_per_document is 0")]
    [InlineData("16", 7, 2, "questions_per_document is 7; 16 facts are 6 items")]
    [InlineData("16", 4, 0, "rejected is 0; use 1 or more")]
    [InlineData("16", 4, 6, "rejected is 6; 16 facts are 6 items")]
    public void A_wrong_option_is_named(string facts, int questions, int rejected, string message)
    {
        OptionException e = Assert.Throws<OptionException>(
            () => Run(Options() with { Facts = facts, QuestionsPerDocument = questions, Rejected = rejected }));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Negatives_that_a_model_would_have_to_write_are_refused() => Assert.Contains(
        "negatives must be \"minimal\" or \"none\"",
        Assert.Throws<OptionException>(() => Run(Options() with { Negatives = (Negatives)99 })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_unknown_kind_is_answered_with_the_list() => Assert.Contains(
        "kinds has 'magic'; use one of locker-code, ",
        Assert.Throws<OptionException>(() => Run(Options() with { Kinds = ["magic"] })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_length_without_room_for_text_is_refused_with_the_tokens_of_the_facts() => Assert.Contains(
        "length is 300, and the ",
        Assert.Throws<OptionException>(() => Run(Options() with { Length = 300 })).Message,
        StringComparison.Ordinal);

    public void Dispose() => _files.Dispose();

    FactsOptions Options(params FactQuestionType[] types) => new("unused", _files.Documents, Samples, Seed: 5, _files.Output)
    {
        QuestionTypes = types.Length > 0 ? types : null,
        Length = Length,
    };

    static SynthesisSummary<FactsSettings> Run(FactsOptions options) =>
        SynthesisRun.Start(options, SynthesisFiles.Model(), null, CancellationToken.None);

    IEnumerable<(PreferenceSample Sample, PreferenceTurn Question)> Each() =>
        _files.Samples().SelectMany(s => AllOf(s).Select(q => (s, q)));

    static IEnumerable<PreferenceTurn> AllOf(PreferenceSample sample) =>
        (sample.Questions ?? []).Prepend(new(
            sample.Question, sample.Chosen, sample.Rejected, sample.Provenance.Seen, sample.Provenance.Question, sample.Provenance.Fact));

    static string TextOf(PreferenceSample sample) => SynthesisFiles.Tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]);

    /// <summary>Returns what differs between two texts with a common beginning and end.</summary>
    static (string First, string Second) Difference(string first, string second)
    {
        int start = 0, end = 0;
        while (start < Math.Min(first.Length, second.Length) && first[start] == second[start])
        {
            start++;
        }
        while (end < Math.Min(first.Length, second.Length) - start && first[^(end + 1)] == second[^(end + 1)])
        {
            end++;
        }
        return (first[start..^end], second[start..^end]);
    }
}
