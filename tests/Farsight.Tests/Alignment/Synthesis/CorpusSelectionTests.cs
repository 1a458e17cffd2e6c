using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class CorpusSelectionTests
{
    [Fact]
    public void A_corpus_that_fits_is_kept_whole_and_in_its_order() =>
        Assert.Equal(["a", "b", "c", "d"], Select(["a", "b", "c", "d"], 1, 1000));

    [Fact]
    public void Of_a_larger_one_the_seed_decides_what_stays_and_not_the_order()
    {
        string[] ids = [.. Enumerable.Range(0, 200).Select(i => $"document {i}")];
        string[] kept = [.. Select(ids, 1, 300)];

        Assert.Equal(kept.Order(StringComparer.Ordinal), Select([.. ids.Reverse()], 1, 300).Order(StringComparer.Ordinal));
        Assert.InRange(kept.Length, 20, 40); // some ten tokens each
        Assert.NotEqual(kept, Select(ids, 2, 300));
    }

    [Fact]
    public void What_cannot_stay_is_not_cut()
    {
        int cut = 0;
        CorpusSelection selection = new(1, 50);
        for (int i = 0; i < 1000; i++)
        {
            selection.Offer($"document {i}", () => { cut++; return Document($"document {i}"); });
        }

        Assert.Equal(1000, selection.Offered);
        Assert.InRange(cut, 5, 100);
    }

    static IEnumerable<string> Select(string[] ids, int seed, long mostTokens)
    {
        CorpusSelection selection = new(seed, mostTokens);
        foreach (string id in ids)
        {
            selection.Offer(id, () => Document(id));
        }
        return selection.Kept.Select(d => d.Chunks[0].Document);
    }

    static Passage Document(string id) =>
        new([.. Enumerable.Range(0, 1 + (id.Length % 3)).Select(i => new SourceChunk(id, i, new int[5]))], []);
}
