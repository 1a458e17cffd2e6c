using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Alignment.Fiction;

namespace Farsight.Tests.Alignment.Fiction;

public sealed partial class FictionWriterTests
{
    [Fact]
    public void The_first_document_is_the_same_everywhere()
    {
        string text = FictionWriter.Write(1, 0, 2000).Text;

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        Assert.Equal("131aae7eec584a787097f7ca4871ad6dde562f0c1692fd50e56a561e247c1124", hash);
    }

    [Fact]
    public void Seed_and_index_decide_the_document_and_a_longer_one_begins_alike()
    {
        string text = FictionWriter.Write(7, 3, 1500).Text;

        Assert.Equal(text, FictionWriter.Write(7, 3, 1500).Text);
        Assert.NotEqual(text, FictionWriter.Write(7, 4, 1500).Text);
        Assert.NotEqual(text, FictionWriter.Write(8, 3, 1500).Text);
        Assert.StartsWith(text[..4000], FictionWriter.Write(7, 3, 6000).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(2500)]
    [InlineData(20_000)]
    public void A_document_is_as_long_as_asked_and_at_most_one_paragraph_longer(int words)
    {
        for (int index = 0; index < 5; index++)
        {
            FictionDocument document = FictionWriter.Write(2, index, words);

            int shorter = FictionWriter.CountWords(document.Text) - LongestParagraph(document, FictionWriter.CountWords);
            Assert.InRange(FictionWriter.CountWords(document.Text), words, int.MaxValue);
            Assert.True(
                shorter < words || document.Chapters.Sum(c => c.Paragraphs.Count) == 2,
                $"{shorter} words without the longest paragraph");
        }
    }

    [Fact]
    public void Length_can_be_asked_in_characters()
    {
        FictionDocument document = FictionWriter.WriteCharacters(2, 0, 30_000);

        Assert.InRange(document.Text.Length, 30_000, 30_000 + LongestParagraph(document, p => p.Length) + 100);
    }

    [Fact]
    public void Every_question_is_answered_by_one_sentence_of_its_chapter()
    {
        int seen = 0;
        for (int index = 0; index < 6; index++)
        {
            FictionDocument document = FictionWriter.Write(3, index, 8000);
            foreach (FictionQuestion question in document.Questions)
            {
                Assert.Equal(1, Times(document.Text, question.Support));
                Assert.Contains(
                    document.Chapters[question.Chapter - 1].Paragraphs,
                    p => p.Contains(question.Support, StringComparison.Ordinal));
                Assert.Equal(1, Times(question.Support, question.Value));
                Assert.Equal(1, Times(question.Answer, question.Value));
                Assert.Equal(question.Value, question.Support.Substring(question.ValueStart, question.Value.Length));
                Assert.Contains(question.Answer[1..^1], question.Support);
                Assert.DoesNotContain(question.Value, question.Question);
                seen++;
            }
            Assert.Equal(document.Questions.Count, document.Questions.Select(q => q.Question).Distinct().Count());
        }
        Assert.InRange(seen, 300, int.MaxValue);
    }

    [Fact]
    public void Fewer_than_one_sentence_in_a_hundred_is_repeated_within_a_document()
    {
        string[] sentences = Sentences(FictionWriter.WriteCharacters(4, 0, 100_000).Text);

        double repeated = 1 - sentences.Distinct().Count() / (double)sentences.Length;
        Assert.InRange(sentences.Length, 800, 2000);
        Assert.InRange(repeated, 0, 0.01);
    }

    [Fact]
    public void A_corpus_of_a_megabyte_has_many_words_and_few_repeated_sentences()
    {
        string[] texts = [.. Enumerable.Range(0, 50).Select(i => FictionWriter.WriteCharacters(5, i, 20_000).Text)];

        string[] sentences = [.. texts.SelectMany(Sentences)];
        HashSet<string> lowerCaseWords = [.. texts.SelectMany(t => LowerCaseWord().Matches(t)).Select(m => m.Value)];
        Assert.InRange(lowerCaseWords.Count, 2500, int.MaxValue);
        Assert.InRange(texts.SelectMany(t => Word().Matches(t)).Select(m => m.Value).Distinct().Count(), 5000, int.MaxValue);
        // fifty documents share their short lines of talk
        Assert.InRange(1 - sentences.Distinct().Count() / (double)sentences.Length, 0, 0.04);
    }

    [Fact]
    public void The_text_has_no_trace_of_the_grammar()
    {
        for (int index = 0; index < 20; index++)
        {
            string text = FictionWriter.Write(6, index, 3000).Text;

            Assert.DoesNotMatch(
                """[<>{}|$~_]|  | [,.;]|,,|\.\.|\ba (?!one-)[aeio]|\ban [bcdfgjklmnpqrstvwxyz]|(?<![A-Z])[.] [a-z]""",
                text);
            Assert.Equal(0, text.Count(c => c == '"') % 2);
            Assert.All(text, c => Assert.InRange(c, '\n', '~'));
        }
    }

    [Fact]
    public void The_text_is_title_headings_and_paragraphs()
    {
        FictionDocument document = FictionWriter.Write(6, 0, 3000);

        string[] parts = [document.Title, .. document.Chapters.SelectMany(c => c.Paragraphs.Prepend($"Chapter {c.Number}: {c.Title}"))];
        Assert.Equal(string.Join("\n\n", parts) + "\n", document.Text);
        Assert.Equal(Enumerable.Range(1, document.Chapters.Count), document.Chapters.Select(c => c.Number));
    }

    [Fact]
    public void Every_rule_that_a_rule_names_exists_and_braces_match()
    {
        foreach ((string rule, string[] alternatives) in FictionGrammar.Rules)
        {
            Assert.NotEmpty(alternatives);
            foreach (string alternative in alternatives)
            {
                Assert.Equal(alternative.Count(c => c == '{'), alternative.Count(c => c == '}'));
                Assert.All(
                    RuleName().Matches(alternative),
                    m => Assert.True(FictionGrammar.Rules.ContainsKey(m.Groups[1].Value), $"{rule}: {m.Value}"));
            }
        }
        Assert.InRange(FictionGrammar.Rules.Count, 200, 1000);
    }

    static int LongestParagraph(FictionDocument document, Func<string, int> measure) =>
        document.Chapters.SelectMany(c => c.Paragraphs.Select(p => measure(p) + measure(c.Title) + 2)).Max();

    static int Times(string text, string part) => text.Split(part).Length - 1;

    static string[] Sentences(string text) => SentenceEnd().Split(text);

    [GeneratedRegex("""(?<=[.!?]"?)\s+""")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"[\p{L}'-]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<![\p{L}'])[a-z][a-z'-]*")]
    private static partial Regex LowerCaseWord();

    [GeneratedRegex("<([^>]*)>")]
    private static partial Regex RuleName();
}
