using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Benchmarks.Niah;

namespace Farsight.Tests.Evaluation.Benchmarks.Niah;

public partial class NeedleInsertionTests
{
    const string Golden = "evaldata/goldens/niah_public.jsonl";
    const string Essays = "evaldata/niah/PaulGrahamEssays";

    [Fact]
    public void A_needle_goes_behind_the_full_stop_before_its_place()
    {
        int[] context = [1, 2, 0, 3, 4, 0, 5, 6, 7];

        Assert.Equal(
            [1, 2, 0, 9, 3, 4, 0, 5, 6, 7],
            NeedleInsertion
                .Place(
                    context,
                    [
                        [9],
                    ],
                    10,
                    50,
                    new HashSet<int> { 0 },
                    buffer: 0)
                .Tokens);
        Assert.Equal(
            [9, 1, 2, 0, 3, 4, 0, 5, 6, 7],
            NeedleInsertion
                .Place(
                    context,
                    [
                        [9],
                    ],
                    10,
                    20,
                    new HashSet<int> { 0 },
                    buffer: 0)
                .Tokens);
        Assert.Equal(
            [1, 2, 0, 3, 4, 0, 5, 6, 9],
            NeedleInsertion
                .Place(
                    context,
                    [
                        [9],
                    ],
                    10,
                    100,
                    new HashSet<int> { 0 },
                    buffer: 1)
                .Tokens);
    }

    [Fact]
    public void Several_needles_share_what_is_left_of_the_text()
    {
        int[] context = [.. Enumerable.Range(0, 20).Select(i => 1 - (i % 2))];

        PlacedNeedles placed = NeedleInsertion.Place(context, [[8], [9]], 22, 0, new HashSet<int> { 0 }, buffer: 0);

        Assert.Equal(22, placed.Tokens.Count);
        Assert.Equal(0, placed.Tokens.ToList().IndexOf(8));
        Assert.Equal(9, placed.Tokens.ToList().IndexOf(9)); // ⌊21 · 50 %⌋ = 10, one to the left
    }

    [SharedFact(Golden)]
    [Trait("Category", "Golden")]
    public void Contexts_are_the_originals()
    {
        Vocabulary words = new();
        string text = string.Concat(
            Directory.GetFiles(SharedMaterial.PathOf(Essays), "*.txt").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        int[] essays = words.Encode(text);
        HashSet<int> periods = [.. words.Encode(".")];
        Dictionary<string, int> seen = [];
        foreach (JsonElement line in File.ReadLines(SharedMaterial.PathOf(Golden)).Select(l => JsonDocument.Parse(l).RootElement))
        {
            string kind = line.GetProperty("kind").GetString()!;
            seen[kind] = seen.GetValueOrDefault(kind) + 1;
            switch (kind)
            {
                case "insert_needle" or "insert_needles_multi":
                    string[] needles = kind == "insert_needle"
                        ? [line.GetProperty("needle").GetString()!]
                        : [.. line.GetProperty("needles").EnumerateArray().Select(n => n.GetString()!)];
                    Compare(line, needles);
                    break;
                default:
                    break;
            }
        }
        Assert.NotEqual((0, 0), (seen["insert_needle"], seen["insert_needles_multi"]));

        void Compare(JsonElement line, string[] needles)
        {
            int length = line.GetProperty("context_length").GetInt32();
            IReadOnlyList<int>[] tokens = [.. needles.Select(n => (IReadOnlyList<int>)words.Encode(n))];
            PlacedNeedles placed = NeedleInsertion.Place(
                essays[..Math.Min(length, essays.Length)],
                tokens,
                length,
                line.GetProperty("depth_percent").GetDouble(),
                periods,
                line.GetProperty("buffer").GetInt32());

            string made = words.Decode(placed.Tokens);
            Assert.Equal(line.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(made))));
            if (line.TryGetProperty("insertion_percentages", out JsonElement percents))
            {
                Assert.Equal(
                    percents.EnumerateArray().Select(p => p.GetDouble().ToString("R", CultureInfo.InvariantCulture)),
                    placed.Percents.Select(p => p.ToString("R", CultureInfo.InvariantCulture)));
            }
        }
    }

    // The stub tokenizer of the fixtures: white space, words, and single other characters.
    sealed partial class Vocabulary
    {
        readonly Dictionary<string, int> _ids = [];
        readonly List<string> _words = [];

        internal int[] Encode(string text) => [.. Token().Matches(text).Select(m => IdOf(m.Value))];

        internal string Decode(IEnumerable<int> ids) => string.Concat(ids.Select(i => _words[i]));

        int IdOf(string word)
        {
            if (!_ids.TryGetValue(word, out int id))
            {
                _ids[word] = id = _words.Count;
                _words.Add(word);
            }
            return id;
        }

        [GeneratedRegex(@"\s+|[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]")]
        private static partial Regex Token();
    }
}
