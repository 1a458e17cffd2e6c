using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>Which documents of a corpus are kept, and that everything else is counted.</summary>
public sealed class CorpusSelectionTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("farsight-corpus-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Whether_a_document_is_drawn_depends_on_seed_and_id_alone()
    {
        Lines("a.jsonl", 1000);
        string[] half = Drawn(new(1, Share: 0.5)), again = Drawn(new(1, Share: 0.5)), other = Drawn(new(2, Share: 0.5));
        string[] some = Drawn(new(1, Count: 100)), more = Drawn(new(1, Count: 200));

        Assert.InRange(half.Length, 430, 570);
        Assert.Equal(half, again);
        Assert.NotEqual(half, other);
        Assert.Equal((100, 200), (some.Length, more.Length));
        Assert.Empty(some.Except(more));
        Assert.Equal(more.OrderBy(id => int.Parse(id.Split('#')[1])), more); // the corpus's order

        Lines("0-before.jsonl", 500);
        Assert.Equal(half, Drawn(new(1, Share: 0.5)).Where(id => id.StartsWith("a.", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_report_accounts_for_every_document()
    {
        Lines("a.jsonl", 20);
        File.WriteAllText(At("b.txt"), "Text  number 7 of the file \r\n" + string.Concat(Enumerable.Repeat("and on and on ", 40)));
        File.WriteAllText(At("c.txt"), " \n");
        File.WriteAllText(At("d.txt"), "short");
        File.WriteAllBytes(At("e.txt"), [.. "garbled "u8, .. Enumerable.Repeat((byte)1, 20), .. "stuff"u8]);
        File.WriteAllText(
            At("f.jsonl"),
            """{"text":"Document number 3 of the corpus, told in a few words, caf\u00c3\u00a9."}""" + "\n" + """{"text":"\ud800"}""");
        CorpusReport report = new();
        CorpusOptions options = new(_folder)
        {
            NearDuplicate = 0.8,
            Length = new(10, 200, "characters", t => t.Length),
            Sample = new(5, Count: 15),
        };

        SourceDocument[] kept = [.. DocumentReader.Read(options, report)];

        Assert.Equal(15, kept.Length);
        Assert.Equal((6, 26L, 15L), (report.Files, report.Read, report.Kept));
        Assert.Equal(report.Read, report.Kept + report.Dropped.Sum(d => d.Value.Documents));
        Assert.Equal(["empty", "garbled", "near_duplicate", "not_drawn", "too_long", "too_short"], report.Dropped.Keys);
        Assert.Equal(new CorpusCount(2, 2, "e.txt"), report.Dropped["garbled"]);
        Assert.Equal("b.txt", report.Dropped["too_long"].First);
        Assert.Equal("f.jsonl#1", report.Dropped["near_duplicate"].First);
        Assert.Equal(["control_characters", "line_ends", "mojibake"], report.Repaired.Keys);
        Assert.Equal(new CorpusCount(1, 20, "e.txt"), report.Repaired["control_characters"]);
        Assert.Equal(kept.Sum(d => (long)d.Text.Length), report.Characters);
        Assert.Equal(15, report.Lengths.Values.Sum());
        Assert.Equal(26, (long)report.ToJson()["read"]!);
    }

    [Fact]
    public void Later_copies_of_a_text_are_dropped_and_counted()
    {
        string text = string.Join(' ', Enumerable.Range(0, 300).Select(i => $"word{i}"));
        File.WriteAllText(At("a.txt"), text);
        File.WriteAllText(At("b.txt"), text.ToUpperInvariant() + "\n\nA footer.");
        File.WriteAllText(At("c.txt"), text[..1000]);
        CorpusReport report = new();

        Assert.Equal(["a.txt", "c.txt"], DocumentReader.Read(new CorpusOptions(_folder) { NearDuplicate = 0.8 }, report).Select(d => d.Id));
        Assert.Equal("b.txt", report.Dropped["near_duplicate"].First);
        Assert.Equal(3, DocumentReader.Read(new CorpusOptions(_folder), new()).Count());
    }

    [Theory]
    [InlineData(0.0, 1.0, 1)]
    [InlineData(0.8, 0.0, 1)]
    [InlineData(0.8, 1.0, 0)]
    public void Numbers_that_make_no_sense_are_refused(double similarity, double share, int count)
    {
        Lines("a.jsonl", 1);
        Assert.Throws<InputException>(() =>
            DocumentReader.Read(new CorpusOptions(_folder) { NearDuplicate = similarity, Sample = new(1, share, count) }, new()));
    }

    string[] Drawn(CorpusSample sample) =>
        [.. DocumentReader.Read(new CorpusOptions(_folder) { Sample = sample }, new()).Select(d => d.Id)];

    void Lines(string name, int count) =>
        File.WriteAllText(
            At(name),
            string.Concat(
                Enumerable.Range(0, count).Select(i => $$"""{"text":"Document number {{i}} of the corpus, told in a few words."}""" + "\n")
            ),
            new UTF8Encoding(false));

    string At(string name) => Path.Combine(_folder, name);
}
