using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Fiction.Facts;

public sealed class FactSheetTests
{
    public static TheoryData<FactQuestionType> Types => [.. Enum.GetValues<FactQuestionType>()];

    [Theory, MemberData(nameof(Types))]
    public void Keys_values_and_holders_of_a_document_do_not_contain_each_other(FactQuestionType type) => Each(type, sheet =>
    {
        string[] all =
        [
            .. sheet.Items.Concat(sheet.Absent).SelectMany(i => i.Values.Append(i.Key).Append(i.Holder)).Where(t => t.Length > 0),
        ];

        Assert.All(all.Index(), a => Assert.DoesNotContain(
            all.Where((_, j) => j != a.Index),
            other => other.Contains(a.Item, StringComparison.OrdinalIgnoreCase)));
    });

    [Theory, MemberData(nameof(Types))]
    public void Each_value_stands_in_one_sentence_with_its_key_and_in_the_answer(FactQuestionType type) => Each(type, sheet =>
    {
        foreach (FactItem item in sheet.Items)
        {
            FactQuestion question = Ask(sheet, item);
            foreach (string value in item.Values)
            {
                FactSentence sentence = Assert.Single(sheet.Sentences, s => s.Text.Contains(value, StringComparison.OrdinalIgnoreCase));
                Assert.Equal(value, sentence.Value);
                Assert.Contains(item.Key, sentence.Text, StringComparison.OrdinalIgnoreCase);
                Assert.Contains(value, question.Answer, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(value, question.Question, StringComparison.OrdinalIgnoreCase);
            }
            Assert.Contains(
                type == FactQuestionType.TwoHop ? item.Holder : item.Key, question.Question, StringComparison.OrdinalIgnoreCase);
        }
    });

    [Fact]
    public void Two_hops_need_two_sentences_and_the_question_does_not_name_the_item() => Each(FactQuestionType.TwoHop, sheet =>
    {
        Assert.Equal(2 * sheet.Items.Count, sheet.Sentences.Count);
        foreach (FactItem item in sheet.Items)
        {
            Assert.Equal(2, sheet.Sentences.Count(s => s.Text.Contains(item.Key, StringComparison.OrdinalIgnoreCase)));
            FactSentence link = Assert.Single(sheet.Sentences, s => s.Text.Contains(item.Holder, StringComparison.OrdinalIgnoreCase));
            Assert.Null(link.Value);
            Assert.DoesNotContain(item.Key, Ask(sheet, item).Question, StringComparison.OrdinalIgnoreCase);
        }
    });

    [Fact]
    public void Several_values_are_listed_in_the_order_of_the_text() => Each(FactQuestionType.Several, sheet =>
    {
        string text = string.Join(' ', sheet.Sentences.Select(s => s.Text));
        foreach (FactItem item in sheet.Items)
        {
            Assert.InRange(item.Values.Count, 2, 3);
            Assert.Equal(item.Values.OrderBy(v => text.IndexOf(v, StringComparison.OrdinalIgnoreCase)), item.Values);
        }
    });

    [Fact]
    public void An_absent_item_is_in_no_sentence_and_its_answer_is_the_refusal() => Each(FactQuestionType.Absent, sheet =>
    {
        Assert.Equal(3, sheet.Absent.Count);
        foreach (FactItem item in sheet.Absent)
        {
            FactQuestion question = Ask(sheet, item);
            Assert.DoesNotContain(sheet.Sentences, s => s.Text.Contains(item.Key, StringComparison.OrdinalIgnoreCase));
            Assert.Equal(question.Refusal, question.Answer);
        }
    });

    [Fact]
    public void A_text_that_names_a_key_or_a_value_clashes()
    {
        FactSheet sheet = Sheet(FactQuestionType.Value, 0);

        Assert.False(sheet.Clashes("Nothing of the kind."));
        Assert.True(sheet.Clashes($"By chance {sheet.Items[3].Values[0].ToUpperInvariant()}."));
        Assert.True(sheet.Clashes($"By chance {sheet.Items[5].Key}."));
    }

    [Fact]
    public void Answer_with_other_values_has_the_same_words()
    {
        FactQuestion question = new("Which?", "The codes of it are {value}.", "The text does not say.", new("it", "", ["1", "2", "3"]));

        Assert.Equal("The codes of it are 1, 2 and 3.", question.Answer);
        Assert.Equal("The codes of it are 1 and 9.", question.AnswerWith(["1", "9"]));
        Assert.Equal("The codes of it are 4.", question.AnswerWith(["4"]));
        Assert.Equal("The text does not say.", question.AnswerWith([]));
    }

    static void Each(FactQuestionType type, Action<FactSheet> check)
    {
        for (int i = 0; i < 32; i++)
        {
            check(Sheet(type, i));
        }
    }

    static FactSheet Sheet(FactQuestionType type, int index)
    {
        SeededRandom random = SeededRandom.For(3, "fact test", index);
        NeedleSplit split = index % 2 == 0 ? NeedleSplit.Training : NeedleSplit.Evaluation;
        FactKind kind = FactKind.Of(split)[index / 2 % FactKind.Of(split).Count];
        return FactSheet.Draw(
            ref random, kind, type, FactSheet.ItemsOf(type, 24), absent: type == FactQuestionType.Absent ? 3 : 0);
    }

    static FactQuestion Ask(FactSheet sheet, FactItem item)
    {
        SeededRandom random = SeededRandom.For(4, "fact test", 0);
        return sheet.Ask(ref random, item);
    }
}
