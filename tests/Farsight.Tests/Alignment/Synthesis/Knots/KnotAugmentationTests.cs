using System.Text.Json.Nodes;
using Farsight.Alignment;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Data.Exchange;
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
    public void Shards_together_are_the_file_of_one_process_with_its_summary_and_card()
    {
        KnotAugmentation.Write(Options("whole.jsonl"), CancellationToken.None);
        string[] shards =
        [
            .. Enumerable.Range(1, 3).Select(i => Options("made.jsonl") with { Shard = new(i, 3) }).Select(o =>
            {
                KnotAugmentation.Write(o, CancellationToken.None);
                return o.File;
            }),
        ];

        ShardMerge.Write(_folder["made.jsonl"], [.. shards.Reverse()], allowMissing: false);
        KnotCard.Write(_folder["made.jsonl"]);

        Assert.Equal(File.ReadAllBytes(_folder["whole.jsonl"]), File.ReadAllBytes(_folder["made.jsonl"]));
        Assert.Equal(File.ReadAllText(_folder["whole.jsonl.summary.json"]), File.ReadAllText(_folder["made.jsonl.summary.json"]));
        Assert.True(KnotCard.Describes(_folder["made.jsonl"]));
        Assert.Equal(
            File.ReadAllText(_folder["whole.jsonl.card.md"]).Replace("whole", "made", StringComparison.Ordinal),
            File.ReadAllText(_folder["made.jsonl.card.md"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Stopped_and_resumed_writes_the_bytes_of_never_stopped(int sequences)
    {
        KnotAugmentation.Write(Options("whole.jsonl"), CancellationToken.None);
        string text = File.ReadAllText(_folder["whole.jsonl"]);
        Stop("made.jsonl", sequences);

        KnotAugmentation.Write(Options("made.jsonl"), CancellationToken.None);

        Assert.Equal(text, File.ReadAllText(_folder["made.jsonl"]));
        Assert.Equal(File.ReadAllText(_folder["whole.jsonl.summary.json"]), File.ReadAllText(_folder["made.jsonl.summary.json"]));
        Assert.Equal(
            ["made.jsonl", "made.jsonl.card.json", "made.jsonl.card.md", "made.jsonl.summary.json"],
            Directory.GetFiles(_folder.Path, "made.jsonl*").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Other_documents_or_settings_are_refused_when_resuming()
    {
        Stop("made.jsonl", 3);

        Assert.StartsWith(
            "seed is 2 instead of 1; ",
            Assert.Throws<OptionException>(
                () => KnotAugmentation.Write(Options("made.jsonl") with { Seed = 2 }, CancellationToken.None)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(_folder["documents/d0.txt"], "Another text stands here now.");
        Assert.Contains(
            "was started with other documents",
            Assert.Throws<InputException>(() => KnotAugmentation.Write(Options("made.jsonl"), CancellationToken.None)).Message,
            StringComparison.Ordinal);
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

    /// <summary>Writes the first sequences as a run that was stopped there.</summary>
    void Stop(string output, int sequences)
    {
        using CancellationTokenSource source = new();
        Assert.Throws<OperationCanceledException>(
            () => KnotAugmentation.Write(Options(output), source.Token, new StopAt(source, sequences)));
    }

    KnotOptions Options(string output) =>
        new(new CorpusOptions(_folder["documents"]), s_tiny, _folder[output], 256, 1) { Probability = 0.5 };

    JsonNode[] Lines(string name) => [.. File.ReadLines(_folder[name]).Select(l => JsonNode.Parse(l)!)];

    string Expected() => string.Concat(Enumerable.Range(0, 6).Select(d => File.ReadAllText(_folder[$"documents/d{d}.txt"])));

    sealed class StopAt(CancellationTokenSource source, int sequences) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value == sequences)
            {
                source.Cancel();
            }
        }
    }
}
