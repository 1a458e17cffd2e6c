using System.Text.RegularExpressions;
using Farsight.Alignment;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Birdie;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Synthesis.Birdie;

/// <summary>Every task restores the text that it was made of.</summary>
public sealed partial class BirdieSynthesisTests : IDisposable
{
    static readonly string s_tiny = Path.Combine(Repository.Root, "models/tiny");
    static readonly Tokenizer s_tokenizer = Tokenizer.Load(s_tiny);

    readonly TemporaryFolder _folder = new();

    public BirdieSynthesisTests()
    {
        Directory.CreateDirectory(_folder["documents"]);
        for (int d = 0; d < 3; d++)
        {
            string text = string.Join(' ', Enumerable.Range(0, 80).Select(k => $"Ship {k} of {d} passed the {(k * 7) + d} lamps at noon."));
            File.WriteAllText(_folder[$"documents/d{d}.txt"], text);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Blanks_filled_with_the_words_of_the_response_are_the_text_of_the_document()
    {
        PreferenceSample[] samples = Make(BirdieTask.Infilling);

        Assert.All(samples, s =>
        {
            Dictionary<string, string> words = Filled().Matches(s.Chosen)
                .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim());
            string text = Context(s);
            Assert.Equal(words.Count, Blank().Count(text));
            Assert.InRange(words.Count, 1, 20);
            Assert.True(IsInDocument(Blank().Replace(text, m => words[m.Groups[1].Value])), s.Chosen);
        });
        double masked = samples.Sum(s => Filled().Matches(s.Chosen).Sum(m => Words(m.Groups[2].Value).Length));
        double all = masked + samples.Sum(s => Words(Blank().Replace(Context(s), "")).Length);
        Assert.InRange(masked / all, 0.10, 0.20); // 0.15 are asked for
    }

    [Fact]
    public void Selective_copying_copies_what_stands_between_the_named_words()
    {
        PreferenceSample[] samples = Make(BirdieTask.SelectiveCopying);

        Assert.Contains(samples, s => s.Chosen.Contains('\n', StringComparison.Ordinal));
        Assert.All(samples, s =>
        {
            string text = Context(s);
            string[] expected =
            [
                .. Asked().Matches(s.Question).Select(m =>
                    text.Split(m.Groups[1].Value)[1].Split(m.Groups[2].Value)[0].Trim()),
            ];
            Assert.Equal(expected, s.Chosen.Split('\n'));
            Assert.True(IsInDocument(text));
            Assert.All(expected, e => Assert.InRange(Words(e).Length, 8, 16));
        });
    }

    [Fact]
    public void Copying_deshuffling_and_continuation_restore_the_text()
    {
        Assert.All(Make(BirdieTask.Copying), s => Assert.True(Context(s) == s.Chosen && IsInDocument(s.Chosen)));
        Assert.All(Make(BirdieTask.Deshuffling), s =>
        {
            Assert.NotEqual(Context(s), s.Chosen);
            Assert.Equal(Words(s.Chosen).Order(StringComparer.Ordinal), Words(Context(s)).Order(StringComparer.Ordinal));
            Assert.True(IsInDocument(s.Chosen));
        });
        Assert.All(Make(BirdieTask.Continuation), s =>
        {
            Assert.True(IsInDocument($"{Context(s)} {s.Chosen}"));
            Assert.InRange(Words(Context(s)).Length, 2 * Words(s.Chosen).Length, 4 * Words(s.Chosen).Length);
        });
    }

    [Fact]
    public void Tasks_take_turns_and_are_named_in_the_samples()
    {
        PreferenceSample[] samples = Make();

        string[] names = ["infilling", "selective_copying", "copying", "deshuffling", "continuation"];
        Assert.Equal(Enumerable.Range(0, samples.Length).Select(i => names[i % 5]), samples.Select(s => s.Provenance.Task));
        Assert.Equal("birdie-copying-3-2", samples[2].Id);
        Assert.True(File.Exists(_folder["made.jsonl.card.md"]));
    }

    [Fact]
    public void Shards_together_are_the_file_of_one_process()
    {
        string whole = Write(null, "whole.jsonl");
        string[] parts = [.. Enumerable.Range(1, 3).Select(i => Write(new SynthesisShard(i, 3), "parts.jsonl"))];

        Assert.Equal(
            File.ReadLines(whole).Order(StringComparer.Ordinal), parts.SelectMany(File.ReadLines).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("corruption must be a share above 0", 0.0, 3, 4)]
    [InlineData("span is 0", 0.15, 0, 4)]
    [InlineData("copies is 0", 0.15, 3, 0)]
    public void Values_that_cannot_be_used_are_named(string named, double corruption, int span, int copies) => Assert.StartsWith(
        named,
        Assert.Throws<OptionException>(() => (Options("made.jsonl") with { Corruption = corruption, Span = span, Copies = copies }).Check())
            .Message,
        StringComparison.Ordinal);

    PreferenceSample[] Make(params BirdieTask[] tasks)
    {
        string file = _folder["made.jsonl"];
        foreach (string old in Directory.GetFiles(_folder.Path, "made.jsonl*"))
        {
            File.Delete(old);
        }
        SynthesisRun.Start(Options("made.jsonl") with { Tasks = tasks.Length == 0 ? null : tasks }, null, CancellationToken.None);
        return [.. PreferenceDataset.Read(file).Samples];
    }

    string Write(SynthesisShard? shard, string name)
    {
        BirdieOptions options = Options(name) with { Shard = shard };
        SynthesisRun.Start(options, null, CancellationToken.None);
        return options.File;
    }

    BirdieOptions Options(string name) => new(s_tiny, _folder["documents"], 25, 3, _folder[name]) { Length = 200 };

    bool IsInDocument(string text) =>
        Directory.GetFiles(_folder["documents"]).Any(f => File.ReadAllText(f).Contains(text, StringComparison.Ordinal));

    static string Context(PreferenceSample sample) => s_tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]).Trim();

    static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"<blank (\d+)>")]
    private static partial Regex Blank();

    [GeneratedRegex(@"<blank (\d+)>([^<]*)")]
    private static partial Regex Filled();

    [GeneratedRegex(@"start: (.*) \| end: (.*)")]
    private static partial Regex Asked();
}
