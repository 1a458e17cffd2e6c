using System.Text.Json.Nodes;
using Farsight.Alignment;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Synthesis.Knots;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Synthesis.Knots;

public sealed class KnotAugmentationTests : IDisposable
{
    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");

    readonly TemporaryFolder _folder = new();

    public KnotAugmentationTests()
    {
        Directory.CreateDirectory(_folder["documents"]);
        for (int d = 0; d < 6; d++)
        {
            string text = string.Join(' ', Enumerable.Range(0, 60 * (d + 1)).Select(w => $"The lamp {w} of {d} is red."));
            File.WriteAllText(_folder[$"documents/d{d}.txt"], text);
        }
    }

    [Fact]
    public void No_sequence_exceeds_its_length_and_untied_ones_hold_the_documents_in_order()
    {
        KnotCounts counts = KnotAugmentation.Write(Options("made.jsonl") with { Probability = 0 }, CancellationToken.None);

        JsonNode[] lines = Lines("made.jsonl");
        Tokenizer tokenizer = Tokenizer.Load(s_tiny);
        Assert.All(lines, l => Assert.InRange(tokenizer.Count((string)l["text"]!), 1, 256));
        Assert.Equal((lines.Length, 0), (counts.Sequences, counts.Tied));
        string all = string.Concat(lines.Select(l => ((string)l["text"]!).Replace("\n\n", "", StringComparison.Ordinal)));
        Assert.InRange(all.Length, Expected().Length - (40 * lines.Length), Expected().Length);
    }

    [Fact]
    public void Tied_sequences_list_what_is_not_learned_and_the_summary_counts_them()
    {
        KnotCounts counts = KnotAugmentation.Write(Options("made.jsonl") with { Probability = 1 }, CancellationToken.None);

        JsonNode[] lines = Lines("made.jsonl");
        Assert.Equal(lines.Length, counts.Tied);
        JsonNode[] marked = [.. lines.Where(l => l["unlearned"] is not null)]; // a document of one piece may have no mark before the cut
        Assert.InRange(marked.Length, lines.Length / 2, lines.Length);
        Assert.All(marked, l => Assert.All(l["unlearned"]!.AsArray(), u =>
            Assert.Matches(@"^<\|", ((string)l["text"]!)[(int)u![0]!..(int)u[1]!])));
        JsonNode summary = JsonNode.Parse(File.ReadAllText(_folder["made.jsonl.summary.json"]))!;
        Assert.Equal(lines.Length, (int)summary["counts"]!["tied"]!);
    }

    [Fact]
    public void The_same_seed_writes_the_same_bytes()
    {
        KnotAugmentation.Write(Options("a.jsonl"), CancellationToken.None);
        KnotAugmentation.Write(Options("b.jsonl"), CancellationToken.None);
        KnotAugmentation.Write(Options("c.jsonl") with { Seed = 2 }, CancellationToken.None);

        Assert.Equal(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["b.jsonl"]));
        Assert.NotEqual(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["c.jsonl"]));
    }

    [Fact]
    public void A_document_with_a_mark_is_left_out_and_counted()
    {
        File.WriteAllText(_folder["documents/d1.txt"], "A text with <|h1|> in it.");

        Assert.Equal(1, KnotAugmentation.Write(Options("made.jsonl"), CancellationToken.None).WithMarks);
    }

    [Theory]
    [InlineData(0, 0.3, 3, "length is 0")]
    [InlineData(256, 1.5, 3, "probability must be")]
    [InlineData(256, 0.3, 1, "max_pieces is 1")]
    public void Values_that_cannot_be_used_are_named(int length, double probability, int pieces, string named) => Assert.StartsWith(
        named,
        Assert.Throws<OptionException>(() => KnotAugmentation.Write(
            Options("made.jsonl") with { Length = length, Probability = probability, MaxPieces = pieces }, CancellationToken.None)).Message,
        StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    KnotOptions Options(string output) =>
        new(new CorpusOptions(_folder["documents"]), s_tiny, _folder[output], 256, 1) { Probability = 0.5 };

    JsonNode[] Lines(string name) => [.. File.ReadLines(_folder[name]).Select(l => JsonNode.Parse(l)!)];

    string Expected() => string.Concat(Enumerable.Range(0, 6).Select(d => File.ReadAllText(_folder[$"documents/d{d}.txt"])));
}
