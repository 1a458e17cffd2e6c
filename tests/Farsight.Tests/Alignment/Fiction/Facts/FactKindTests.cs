using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Fiction.Facts;

public sealed class FactKindTests
{
    const int Draws = 4000;

    static readonly HashSet<string> s_fixedWords =
    [
        "the", "of", "at", "locker", "ferry", "horse", "manuscript", "cab", "village", "gate", "coach", "firm", "lighthouse", "airship",
        "case", "radio", "station", "freighter", "harbor", "farm", "ship", "judge", "captain",
    ];

    public static TheoryData<string> Names => [.. All.Select(k => k.Name)];

    static IEnumerable<FactKind> All => FactKind.Of(NeedleSplit.Training).Concat(FactKind.Of(NeedleSplit.Evaluation));

    [Fact]
    public void Training_and_test_share_no_kind_and_no_template()
    {
        string[] training = [.. FactKind.Of(NeedleSplit.Training).SelectMany(Templates)],
            test = [.. FactKind.Of(NeedleSplit.Evaluation).SelectMany(Templates)];

        Assert.Empty(training.Intersect(test));
        Assert.True(training.Distinct().Count() >= 150 && test.Distinct().Count() >= 150, $"{training.Length} and {test.Length} templates");
        Assert.Equal(All.Count(), All.Select(k => k.Name).Distinct().Count());
    }

    [Fact]
    public void Training_and_test_share_no_word_of_a_key_and_no_value()
    {
        (HashSet<string> trainingWords, HashSet<string> trainingValues) = Drawn(NeedleSplit.Training);
        (HashSet<string> testWords, HashSet<string> testValues) = Drawn(NeedleSplit.Evaluation);

        Assert.Empty(trainingWords.Intersect(testWords));
        Assert.Empty(trainingValues.Intersect(testValues));
        Assert.True(trainingValues.Count > 2000 && testValues.Count > 2000, $"{trainingValues.Count} and {testValues.Count} values");
    }

    [Theory, MemberData(nameof(Names))]
    public void A_kind_has_several_sentences_questions_and_answers_that_name_what_they_need(string name)
    {
        FactKind kind = All.Single(k => k.Name == name);

        Assert.True(kind.Sentences.Length >= 4 && kind.Questions.Length >= 3 && kind.Answers.Length >= 2 && kind.Links.Length >= 2);
        Assert.All(kind.Sentences.Concat(kind.Parts).Concat(kind.Answers), t => Assert.True(Has(t, "{key}", "{value}") && t[^1] == '.', t));
        Assert.All(kind.ListAnswers, t => Assert.True(Has(t, "{key}", "{value}"), t));
        Assert.All(kind.Questions.Concat(kind.ListQuestions), t => Assert.True(Has(t, "{key}") && !Has(t, "{value}"), t));
        Assert.All(kind.Links, l => Assert.True(Has(l.Sentence, "{key}", "{holder}") && !Has(l.Sentence, "{value}"), l.Sentence));
        Assert.All(kind.Links, l => Assert.True(Has(l.Question, "{holder}") && !Has(l.Question, "{key}"), l.Question));
        Assert.All(kind.Links, l => Assert.True(Has(l.Answer, "{holder}", "{value}") && !Has(l.Answer, "{key}"), l.Answer));
        Assert.All(kind.Refusals, t => Assert.NotNull(Refusal.Check(t)));
        Assert.All(Templates(kind), t => Assert.DoesNotContain("{noun", t, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("digits 5", "It is 48,213.", "48213")]
    [InlineData("digits 5", "Room 12 has 482130 in box48213_", "482130")]
    [InlineData("time", "at 17:42, not 7 o'clock", "17:42")]
    [InlineData("code", "It is KT-482.", "KT-482")]
    [InlineData("date", "on the 3rd of May or may 14th", "May 3|may 14")]
    [InlineData("person", "The owner is Greta Dalmor.", "Greta Dalmor")]
    [InlineData("passphrase", "Amber falcon, they say", "Amber falcon")]
    [InlineData("town", "Thornwick is not it, but Millport is.", "Millport")]
    [InlineData("town", "I do not know.", "")]
    public void A_form_finds_its_values_in_an_answer(string form, string answer, string values) =>
        Assert.Equal(values, string.Join('|', FactForm.Of(form).Find(FactForm.Normalize(answer))));

    [Theory, MemberData(nameof(Names))]
    public void A_form_finds_the_values_that_it_draws(string name)
    {
        FactKind kind = All.Single(k => k.Name == name);
        SeededRandom random = SeededRandom.For(1, "fact test", 0);
        for (int i = 0; i < 200; i++)
        {
            string value = kind.DrawValue(ref random);

            Assert.Equal([value], kind.Form.Find(FactForm.Normalize($"it is {value}.")));
        }
    }

    static bool Has(string template, params string[] places) => places.All(p => template.Contains(p, StringComparison.Ordinal));

    static IEnumerable<string> Templates(FactKind kind) =>
    [
        .. kind.Sentences, .. kind.Questions, .. kind.Answers, .. kind.Parts, .. kind.ListQuestions, .. kind.ListAnswers, .. kind.Refusals,
        .. kind.Links.SelectMany(l => new[] { l.Sentence, l.Question, l.Answer }),
    ];

    static (HashSet<string> Words, HashSet<string> Values) Drawn(NeedleSplit split)
    {
        (HashSet<string> words, HashSet<string> values) = ([], []);
        SeededRandom random = SeededRandom.For(2, "fact test", (int)split);
        IReadOnlyList<FactKind> kinds = FactKind.Of(split);
        for (int i = 0; i < Draws; i++)
        {
            FactKind kind = kinds[i % kinds.Count];
            string[] names = [kind.DrawKey(ref random), kind.DrawHolder(ref random)];
            words.UnionWith(names.SelectMany(n => n.ToLowerInvariant().Split(' ')));
            values.Add(kind.DrawValue(ref random));
        }
        words.ExceptWith(s_fixedWords);
        return (words, values);
    }
}
