using Farsight.Alignment.Data;
using Farsight.Alignment.Inspection;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Synthesis.Card;

public sealed class DatasetCardTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Dataset => _folder["data.jsonl"];

    [Fact]
    public void A_card_counts_what_is_in_the_file()
    {
        Write(
            Sample(0, "The lamp of Ardmore is red.", "Ada Brown has 4711."),
            Sample(1, "The lamp is green.", "It is blue.") with
            {
                Rejected = ["It is blue.", "I cannot say."],
                Provenance = Seen(1, 2),
            });
        File.WriteAllText(Dataset + ".summary.json", """{"counts": {"written": 2, "dropped": {"chosen_wrong": 3}}}""");

        DatasetCard card = DatasetCardFiles.Write(Dataset, SynthesisFiles.Tokenizer);

        Assert.Equal((2, 1, 2, 1), (card.Samples, card.Documents, card.RejectedPerSample.Count, card.InsertedFacts));
        Assert.Equal(new ErrorPatterns(2, 0, 0), card.Patterns!["chosen"]); // green is no name
        Assert.Equal(new ErrorPatterns(3, 1, 1), card.Patterns["rejected_irrelevant"]);
        Assert.Equal(1, card.Judged["accepted"]);
        Assert.Equal(6, card.Scores["relevant"].Max);
        string text = File.ReadAllText(Dataset + ".card.md");
        Assert.Contains(card.Sha256, text, StringComparison.Ordinal);
        Assert.Contains("dropped: chosen_wrong 3", text, StringComparison.Ordinal);
        Assert.Equal(DatasetCardFiles.Json(card), File.ReadAllText(Dataset + ".card.json"));
    }

    [Fact]
    public void A_card_and_a_page_and_an_inspection_have_every_turn()
    {
        PreferenceSample sample = Sample(0, "The lamp of Ardmore is red.", "Ada Brown has 4711.") with
        {
            Turns =
            [
                new("Who waited at the gate?", "The keeper waited for Cleo.", ["I cannot say.", "The keeper."], new([0], [[1], [0, 1]])),
            ],
            History = [new("system", "Be <brief>.")],
        };
        Write(sample);

        DatasetCard card = DatasetCardFiles.Write(Dataset, SynthesisFiles.Tokenizer);

        Assert.Equal((1, 2, 2, 3), (card.Samples, card.QuestionWords.Count, card.ChosenWords.Count, card.RejectedWords.Count));
        Assert.Equal(["1"], card.RejectedPerSample.Keys); // an objective takes as many as every turn has
        Assert.Equal((2, 3), (card.SeenChunks["chosen"].Count, card.SeenChunks["rejected"].Count));
        Assert.Equal((2, 1), (card.Patterns!["chosen"].Responses, card.Patterns["chosen"].Hallucinated)); // Cleo
        Assert.Equal((2, 1), (card.Patterns["rejected_irrelevant"].Responses, card.Patterns["rejected_partial"].Responses));

        DatasetPage.Write(Dataset, _folder["page.html"], SynthesisFiles.Tokenizer, 10);
        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Contains("<h2>Who waited at the gate?</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<b class=\"missing\">Cleo</b>", page, StringComparison.Ordinal);
        Assert.Contains("refusal</b>", page, StringComparison.Ordinal);
        Assert.Contains("<h3>system</h3><p>Be &lt;brief&gt;.</p>", page, StringComparison.Ordinal);
        Assert.Equal(3, Times(page, "response rejected"));

        Farsight.Alignment.Inspection.Inspection inspection = Inspector.Inspect(Dataset);
        Assert.Equal(2, inspection.Facts.Single(f => f.Key == "questions").Value);
        Assert.Contains(inspection.Unusual, u => u.Contains("different numbers of rejected responses: 1, 2"));
    }

    [Fact]
    public void Questions_that_are_asked_alone_are_counted_and_shown()
    {
        PreferenceSample sample = Sample(0, "The lamp of Ardmore is red.", "Ada Brown has 4711.") with
        {
            Questions =
            [
                new("Who waited at the gate?", "The keeper waited for Cleo.", ["I cannot say.", "The keeper."], new([0], [[1], [0, 1]])),
            ],
        };
        Write(sample);

        DatasetCard card = DatasetCardFiles.Write(Dataset, SynthesisFiles.Tokenizer);
        DatasetPage.Write(Dataset, _folder["page.html"], SynthesisFiles.Tokenizer, 10);
        string page = File.ReadAllText(_folder["page.html"]);

        Assert.Equal((1, 2, 2, 3), (card.Samples, card.QuestionWords.Count, card.ChosenWords.Count, card.RejectedWords.Count));
        Assert.Equal(2, card.Patterns!["chosen"].Responses);
        Assert.Contains("2 questions, each asked alone", page, StringComparison.Ordinal);
        Assert.Contains("<h2>Who waited at the gate?</h2>", page, StringComparison.Ordinal);
        Assert.Equal(3, Times(page, "response rejected"));
        Assert.Equal(2, Inspector.Inspect(Dataset).Facts.Single(f => f.Key == "questions").Value);
    }

    [Fact]
    public void A_dataset_without_rejected_responses_or_contexts_has_a_card_a_page_and_an_inspection()
    {
        PreferenceSample sample = Sample(1, "The lamp of Ardmore is red.", "");
        Write(
            sample with { Rejected = [], Provenance = Seen(1, 0) },
            sample with { Id = "s2", Context = [], Prompt = null, Rejected = [], Provenance = Seen(2, 0) with { Seen = new([], []) } });

        DatasetCard card = DatasetCardFiles.Write(Dataset, SynthesisFiles.Tokenizer);
        DatasetPage.Write(Dataset, _folder["page.html"], SynthesisFiles.Tokenizer, 10);

        Assert.Equal([("0", 2)], card.RejectedPerSample.Select(r => (r.Key, r.Value)));
        Assert.Equal((0, 0), (card.RejectedWords.Count, card.SeenChunks["rejected"].Count));
        Assert.Contains("one chosen response and no rejected response.", File.ReadAllText(Dataset + ".card.md"), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
        Assert.Contains(Inspector.Inspect(Dataset).Unusual, u => u.Contains("No question has a rejected response"));
    }

    [Fact]
    public void Without_a_tokenizer_nothing_is_said_of_texts()
    {
        Write(Sample(0, "Red.", "Blue."));

        DatasetCard card = DatasetCardFiles.Write(Dataset, null);

        Assert.Null(card.Patterns);
        Assert.Contains("this needs the tokenizer of the chunks", File.ReadAllText(Dataset + ".card.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_tokenizer_is_noticed()
    {
        Write(Sample(0, "Red.", "Blue.") with { Prompt = "Something else entirely" });

        Assert.Contains(
            "sample s0",
            Assert.ThrowsAny<InputException>(() => DatasetCardFiles.Read(Dataset, SynthesisFiles.Tokenizer)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_shows_evidence_and_faults_and_lets_no_text_out_of_its_place()
    {
        Write(
            Sample(0, "The lamp of Ardmore is red.", "Ada Brown <script>alert(1)</script> has 4711."),
            Sample(1, "I cannot say.", "It is blue."));

        Assert.Equal(2, DatasetPage.Write(Dataset, _folder["page.html"], SynthesisFiles.Tokenizer, 10));

        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Contains(
            "<u>The </u><u><mark>lamp</mark></u><u> of </u><u><mark>Ardmore</mark></u><u> is </u><u><mark>red</mark></u>",
            page,
            StringComparison.Ordinal);
        Assert.Contains("<b class=\"missing\">Ada Brown</b>", page, StringComparison.Ordinal);
        Assert.Contains("refusal</b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("<section").Length - 1);
        foreach (
            string tag in new[] { "section", "div", "details", "p", "mark", "u", "b", "a", "i", "ul", "li", "h2", "h3", "span", "summary" })
        {
            Assert.Equal(Times(page, $"<{tag}>") + Times(page, $"<{tag} "), Times(page, $"</{tag}>"));
        }
    }

    [Fact]
    public void A_page_without_a_tokenizer_shows_contexts_in_one_piece()
    {
        Write([.. Enumerable.Range(0, 9).Select(i => Sample(i, "Red.", "Blue."))]);

        Assert.Equal(3, DatasetPage.Write(Dataset, _folder["page.html"], null, 3));

        string page = File.ReadAllText(_folder["page.html"]);
        Assert.Contains("pass the tokenizer", page, StringComparison.Ordinal);
        Assert.Equal(["s0", "s3", "s6"], page.Split("<section class=\"sample\" id=\"").Skip(1).Select(s => s[..s.IndexOf('"')]));
    }

    [Fact]
    public void A_page_does_not_replace_the_dataset()
    {
        Write(Sample(0, "Red.", "Blue."));

        Assert.ThrowsAny<InputException>(() => DatasetPage.Write(Dataset, Dataset, null, 3));
        Assert.Single(PreferenceDataset.Stream(Dataset));
    }

    [Fact]
    public void Quartiles_are_values_of_the_data()
    {
        Assert.Equal(new Distribution(4, 1, 1, 2, 3, 10, 4), Distribution.Of([10, 1, 3, 2]));
        Assert.Equal(new Distribution(1, 5, 5, 5, 5, 5, 5), Distribution.Of([5]));
        Assert.Equal(0, Distribution.Of([]).Count);
    }

    public void Dispose() => _folder.Dispose();

    static int Times(string text, string part) => text.Split(part).Length - 1;

    static SampleProvenance Seen(int number, int rejected) =>
        new(["a.txt"], 5, number, new([0], [.. Enumerable.Range(0, rejected).Select(_ => (int[])[1])]), new("tiny", 0.8, 48));

    static PreferenceSample Sample(int number, string chosen, string rejected)
    {
        const string Fact = "The lamp of Ardmore is red.";
        ContextChunk[] context =
        [
            new("a.txt", 0, SynthesisFiles.Format.Context($"The keeper waited. {Fact} It is late."), 6, ChunkRole.Relevant),
            new("a.txt", 1, SynthesisFiles.Format.Context(" The keeper of the harbour wrote."), 0, ChunkRole.Irrelevant),
        ];
        string prompt =
            SynthesisFiles.Tokenizer.Decode([.. context.SelectMany(c => c.Tokens)]).TrimStart(' ') + "\n\nWhich colour has the lamp?";
        SampleProvenance provenance = Seen(number, 1);
        provenance = number == 0 ? provenance with { Fact = new(Fact, "red", 0), Judge = new("judge", true, "It says so.") } : provenance;
        return new($"s{number}", context, "Which colour has the lamp?", chosen, [rejected], provenance, prompt);
    }

    void Write(params PreferenceSample[] samples) =>
        File.WriteAllText(Dataset, string.Concat(samples.Select(s => PreferenceLine.Format(s) + "\n")));
}
