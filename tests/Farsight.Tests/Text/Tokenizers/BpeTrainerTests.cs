using System.Text;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

public sealed class BpeTrainerTests
{
    [Fact]
    public void A_tiny_corpus_gives_the_merges_one_finds_by_hand()
    {
        // pieces: "low" ×2, " low" ×1, " lower" ×2, " wide" ×2
        Tokenizer tokenizer = BpeTrainer.Train(["low low lower lower", "low", " wide wide"], 400, []);
        // l+o 5 (before o+w 5: l < o), lo+w 5, " "+low 3; the rest occur twice, so the left token with the lowest bytes goes first
        Assert.Equal(["l o", "lo w", "Ġ low", "Ġ w", "Ġlow e", "Ġlowe r", "Ġw i", "Ġwi d", "Ġwid e"], Merges(tokenizer));
        Assert.Equal(256 + 9, tokenizer.VocabSize);
    }

    [Fact]
    public void Repeated_letters_are_counted_without_what_a_merge_has_used_up()
    {
        // "aaaa" ×2: aa 6 → [aa aa]: (aa, aa) 2 → [aaaa]
        Assert.Equal(["a a", "aa aa"], Merges(BpeTrainer.Train(["aaaa", "aaaa"], 400, [])));
    }

    [Fact]
    public void The_bytes_come_first_and_the_special_tokens_last()
    {
        Tokenizer tokenizer = SmallTokenizer.Value;
        Assert.Equal(320, tokenizer.VocabSize);
        Assert.Equal("A", tokenizer.TokenText('A'));
        Assert.Equal([315, 316, 317, 318, 319], ChatFormat.SpecialTokens.Select(t => tokenizer.IdOf(t)!.Value));
        Assert.Equal(315, tokenizer.Bos);
    }

    [Fact]
    public void Neither_a_second_run_nor_the_order_of_the_texts_changes_a_byte()
    {
        string[] reversed = [.. SmallTokenizer.Texts.Reverse()];
        string expected = Text(SmallTokenizer.Value);
        Assert.Equal(expected, Text(SmallTokenizer.Train()));
        Assert.Equal(expected, Text(BpeTrainer.Train(reversed, 320, ChatFormat.SpecialTokens, "<|begin_of_text|>")));
    }

    [Fact]
    public void The_incremental_counts_give_what_counting_anew_gives()
    {
        string[] texts =
        [
            string.Concat(Enumerable.Range(0, 400).Select(i => "abcab"[(i * i + i / 7) % 5])),
            "abc abcabc cabcab bcabc abab aabb",
        ];
        Assert.Equal(MergesByCountingAnew(texts, 40), Merges(BpeTrainer.Train(texts, 256 + 40, [])));
    }

    [Fact]
    public void Numbers_stay_single_digits() =>
        Assert.Equal(7, SmallTokenizer.Value.Count("4821907"));

    [Fact]
    public void A_vocabulary_without_room_for_the_bytes_is_refused() =>
        Assert.Contains(
            "at least 261",
            Assert.Throws<InputException>(() => BpeTrainer.Train([], 260, ChatFormat.SpecialTokens)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Without_texts_there_are_the_bytes() => Assert.Equal(256, BpeTrainer.Train([], 300, []).VocabSize);

    /// <summary>The textbook's algorithm, on pieces of letters.</summary>
    static List<string> MergesByCountingAnew(string[] texts, int count)
    {
        List<List<string>> words =
        [
            .. texts
                .SelectMany(t => t.Split(' ').Select((w, i) => (i > 0 ? "Ġ" : "") + w))
                .Select(w => w.Select(c => c.ToString()).ToList()),
        ];
        List<string> merges = [];
        while (merges.Count < count)
        {
            IGrouping<(string Left, string Right), int>? best = words
                .SelectMany(w => w.Zip(w.Skip(1)))
                .Select(p => (p.First, p.Second))
                .GroupBy(p => p, _ => 1)
                .Where(g => g.Count() >= 2)
                .OrderByDescending(g => g.Count())
                .ThenBy(g => Order(g.Key.First), StringComparer.Ordinal)
                .ThenBy(g => Order(g.Key.Second), StringComparer.Ordinal)
                .FirstOrDefault();
            if (best is null)
            {
                break;
            }
            merges.Add($"{best.Key.Left} {best.Key.Right}");
            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if ((word[i], word[i + 1]) == best.Key)
                    {
                        word[i] += word[i + 1];
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
        return merges;
    }

    static string Order(string token) => token.Replace('Ġ', ' ');

    static string[] Merges(Tokenizer tokenizer) =>
        [.. JsonNode.Parse(Text(tokenizer))!["model"]!["merges"]!.AsArray().Select(m => m!.GetValue<string>())];

    static string Text(Tokenizer tokenizer)
    {
        string path = Path.Combine(Path.GetTempPath(), $"farsight-{Guid.NewGuid():N}.json");
        try
        {
            tokenizer.Save(path);
            return File.ReadAllText(path, Encoding.UTF8);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
