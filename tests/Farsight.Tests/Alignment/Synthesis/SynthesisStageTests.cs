using Farsight.Alignment.Corpus;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class SynthesisStageTests
{
    [Theory]
    [InlineData("The lanterns of Mira Olsen were lit.", "lantern|mira|olsen|lit|mira olsen")]
    [InlineData("NASA and the U.S. met on 12 March 1887, at 10.5.", "nasa|us|met|12 march 1887|march|12|1887|10.5")]
    [InlineData("What is the special magic number for amber?", "special|magic|number|amber")]
    [InlineData("It is 1,234,567 glasses; he said the keeper's glass.", "1234567|glass|keeper")]
    public void Entities_are_names_numbers_dates_acronyms_and_content_words(string text, string expected) =>
        Assert.Equal(expected.Split('|').Order(StringComparer.Ordinal), EntityRecognizer.Entities(text).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(new double[] { 7, 6, 5, 3, 2, 0 }, "RRPPII")]
    [InlineData(new double[] { 5, 5, 3, 2, 0, 0 }, "RRPIII")] // none reaches the threshold: the best
    [InlineData(new double[] { 1, 0, 0 }, "RII")]
    [InlineData(new double[] { 0, 0, 0 }, "III")]
    public void Relevance_is_the_threshold_or_the_best_score(double[] scores, string roles) =>
        Assert.Equal(roles, string.Concat(Importance.Roles(scores, 6).Select(r => r.ToString()[0])));

    [Fact]
    public void A_document_without_questions_counts_as_dropped_where_documents_ask_their_own()
    {
        string text = string.Join(' ', Enumerable.Range(0, 400).Select(i => $"The keeper counted {i} lamps."));
        SourceDocument[] documents = [new("a", text, [new("How many?", "Four.")]), new("b", text, [])];

        ChunkedCorpus all = ChunkedCorpus.Read(documents, new(), SynthesisFiles.Format, new(1, ChunkTokens: 16, Chunks: 4));
        ChunkedCorpus own = all.WithQuestions();

        Assert.Equal(2, all.Counts.Used);
        Assert.Equal((1, 1L, all.Counts.Chunks / 2), (own.Counts.Used, own.Counts.Dropped["no_question"], own.Counts.Chunks));
    }

    [Fact]
    public void A_fact_is_put_between_sentences_and_whole_sentences_make_room_for_it()
    {
        string[] sentences =
        [
            " ledger, said Mr. Ardmore.", " The keeper of the lighthouse wrote down the number!",
            " And so they wait for it, late in the ledger of the lighthouse.",
        ];
        FactPlacement placement = new(SynthesisFiles.Tokenizer, SynthesisFiles.Format);
        int[] chunk = SynthesisFiles.Tokenizer.EncodeInside(string.Concat(sentences));
        SeededRandom random = SeededRandom.For(1, "test", 0);
        HashSet<int> places = [];
        for (int i = 0; i < 60; i++)
        {
            Needle needle = NeedleMaker.Make(ref random, NeedleMaker.Kinds[i % 4], NeedleSplit.Training, new HashSet<string>());
            if (!placement.Fits(needle, chunk.Length))
            {
                continue;
            }
            (int[] tokens, FactInChunk fact) = placement.Place(needle, 3, chunk, chunk.Length, ref random);

            Assert.InRange(tokens.Length, 1, chunk.Length);
            string text = SynthesisFiles.Tokenizer.Decode(tokens);
            string[] around = text.Split(" " + needle.Sentence);
            Assert.Equal(2, around.Length);
            int[] at =
            [
                .. Enumerable.Range(1, 3).Where(k => string.Concat(sentences[..k]).EndsWith(around[0], StringComparison.Ordinal)
                    && string.Concat(sentences[k..]).StartsWith(around[1], StringComparison.Ordinal)),
            ];
            Assert.NotEmpty(at);
            places.UnionWith(at.Length == 1 ? at : []); // without the sentences on one side, several places are possible
            Assert.Equal(needle.Value, SynthesisFiles.Tokenizer.Decode(tokens.AsSpan(fact.ValueStart..fact.ValueEnd)).TrimStart());
        }
        Assert.InRange(places.Count, 2, 3);
    }

    [Fact]
    public void Two_documents_in_one_passage_are_separated_by_an_empty_line()
    {
        string Text(string name) => string.Join(' ', Enumerable.Repeat($"The keeper of {name} counted lamps.", 6));
        int tokens = SynthesisFiles.Format.Context(Text("Ardmore")).Length;

        ChunkedCorpus corpus = ChunkedCorpus.Read(
            [new("a.md", Text("Ardmore"), []), new("b.md", Text("Brenholt"), [])], new(), SynthesisFiles.Format,
            new(1, 40, 1) { PassageTokens = tokens * 3 / 2 });

        SourceChunk[] chunks = [.. corpus.Passages.Single().Chunks];
        string text = SynthesisFiles.Tokenizer.Decode([.. chunks.SelectMany(c => c.Tokens)]);
        Assert.Equal($"{Text("Ardmore")}\n\n {Text("Brenholt")}", text.TrimStart());
        Assert.All(chunks, c => Assert.InRange(c.Tokens.Length, 20, 40));
        Assert.All(chunks, c => Assert.EndsWith("lamps.", SynthesisFiles.Tokenizer.Decode(c.Tokens), StringComparison.Ordinal));
    }

    [Fact]
    public void Several_facts_are_of_one_kind_half_of_the_time_and_else_mixed()
    {
        int[] counts = new int[5];
        int oneKind = 0, several = 0;
        for (int i = 0; i < 2000; i++)
        {
            SeededRandom random = SeededRandom.For(i, "test", 0);
            List<Needle> facts = FactDraw.Draw(ref random, 8, _ => true);
            counts[facts.Count]++;
            int kinds = facts.Select(f => f.Kind).Distinct().Count();
            Assert.True(kinds == 1 || kinds == facts.Count);
            several += facts.Count > 1 ? 1 : 0;
            oneKind += facts.Count > 1 && kinds == 1 ? 1 : 0;
        }
        foreach ((int count, double share) in new[] { (1, 0.30), (2, 0.30), (3, 0.25), (4, 0.15) })
        {
            Assert.InRange(counts[count] / 2000.0, share - 0.04, share + 0.04);
        }
        Assert.InRange((double)oneKind / several, 0.45, 0.55);
    }

    [Fact]
    public void Short_documents_are_put_together_and_long_ones_stay_alone()
    {
        SourceDocument Document(string id, int words) => new(id, string.Join(' ', Enumerable.Repeat("number", words)), [new(id, id)]);
        int perChunk = SynthesisFiles.Format.Context(string.Join(' ', Enumerable.Repeat("number", 10))).Length;

        ChunkedCorpus corpus = ChunkedCorpus.Read(
            [Document("a.md", 20), Document("long.md", 60), Document("b.md", 25), Document("c.md", 10)],
            new(),
            SynthesisFiles.Format,
            new(1, perChunk, 4));

        Assert.Equal(["long.md", "a.md,b.md,c.md"], corpus.Passages.Select(p => string.Join(',', p.Questions.Select(q => q.Question))));
        Assert.Equal([6, 6], corpus.Passages.Select(p => p.Chunks.Count));
        Assert.Equal( // the rest of b.md is half a chunk, that of the others is less
            ["a.md 0", "a.md 1", "b.md 0", "b.md 1", "b.md 2", "c.md 0"], corpus.Passages[1].Chunks.Select(c => $"{c.Document} {c.Index}"));
    }

    [Fact]
    public void A_corpus_that_is_too_small_is_told_how_much_it_needs() =>
        Assert.Contains(
            "at least 1536 tokens",
            Assert
                .ThrowsAny<InputException>(() =>
                    ChunkedCorpus.Read([new("a.md", "The number.", [])], new(), SynthesisFiles.Format, new(1, 96, 16)))
                .Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(null, 8192, 512, 256)]
    [InlineData(null, 131_072, 512, 256)]
    [InlineData(null, 512, 32, 48)]
    [InlineData(64, 512, 64, 96)]
    public void Chunks_are_a_sixteenth_of_the_window_at_most_512(int? asked, int window, int chunk, int answer)
    {
        PromptBudget budget = PromptBudget.Of(asked, window);

        Assert.Equal((chunk, answer), (budget.ChunkTokens, budget.MaxNewTokens));
    }

    [Theory]
    [InlineData(23, 512, "chunk_tokens is 23, too few for a chunk with a fact; use 24 to 99")]
    [InlineData(120, 512, "chunk_tokens is 120, which leaves no room")]
    [InlineData(null, 256, "chunk_tokens defaults to 16, a sixteenth of the model's window, too few")]
    public void Chunks_that_do_not_fit_are_refused_with_those_that_would(int? asked, int window, string message) =>
        Assert.StartsWith(
            message, Assert.ThrowsAny<InputException>(() => PromptBudget.Of(asked, window)).Message, StringComparison.Ordinal);
}
