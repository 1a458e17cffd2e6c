using Farsight.Alignment.Synthesis.Knots;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis.Knots;

public sealed class KnotTextTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Untying_a_whole_text_restores_every_document(bool keepsOrder)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            SeededRandom random = SeededRandom.For(seed, "test", 0);
            string[] documents = Draw(ref random);

            KnottedText tied = KnotText.Tie(documents, maxPieces: 4, keepsOrder, ref random);

            Assert.Equal(documents.Order(StringComparer.Ordinal), KnotText.Untie(tied.Text).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Untying_a_text_that_is_cut_off_restores_what_stands_before_the_cut()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            SeededRandom random = SeededRandom.For(seed, "test", 0);
            string[] documents = Draw(ref random);
            KnottedText tied = KnotText.Tie(documents, maxPieces: 3, keepsOrder: true, ref random);
            // Pieces are in order here, so each restored text is the beginning of its document, and nothing before the cut is lost.
            int[] spaces = [.. Enumerable.Range(1, tied.Text.Length - 1).Where(i => tied.Text[i] == ' ')];
            int cut = spaces.Length == 0 ? tied.Text.Length : spaces[random.Next(spaces.Length)];

            IReadOnlyList<string> restored = KnotText.Untie(tied.Text[..cut]);

            Assert.All(restored, r => Assert.Contains(documents, d => d.StartsWith(r, StringComparison.Ordinal)));
            int marks = tied.Unlearned.Where(u => u.Start < cut).Sum(u => u.End - u.Start);
            int names = NamesBefore(tied.Text, cut);
            Assert.Equal(cut - marks - names, restored.Sum(r => r.Length));
        }
    }

    [Fact]
    public void Marks_are_paired_and_the_last_piece_of_the_last_document_stays_last()
    {
        SeededRandom random = SeededRandom.For(3, "test", 0);
        string[] documents = ["one two three four five", "six seven eight nine ten", "eleven twelve thirteen fourteen"];

        string text = KnotText.Tie(documents, maxPieces: 3, keepsOrder: false, ref random).Text;

        string[] heads = [.. Marks(text, "h")], tails = [.. Marks(text, "t")];
        Assert.NotEmpty(heads);
        Assert.Equal(heads.Order(), tails.Order());
        Assert.Equal(heads.Length, heads.Distinct().Count());
        string[] pieces = text.Split("<|S|>")[0] == text ? [text] : text.Split("<|S|>");
        Assert.Contains("fourteen", pieces[^2] + pieces[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_backtracing_task_names_the_pieces_in_their_original_order_and_is_learned()
    {
        SeededRandom random = SeededRandom.For(1, "test", 0);
        const string Document = "alpha beta gamma delta epsilon zeta";
        KnottedText tied;
        do
        {
            tied = KnotText.Tie([Document], maxPieces: 3, keepsOrder: false, ref random);
        }
        while (!tied.Text.Contains("<|s|>", StringComparison.Ordinal));

        string answer = tied.Text.Split("<|S|>")[1].Split("<|/S|>")[0];
        string[] names = answer.Split("<|s|>");
        // Each name stands before its piece; in the order of the task, the pieces are the document.
        string rebuilt = string.Concat(names.Select(n =>
            System.Text.RegularExpressions.Regex.Replace(
                tied.Text.Split($"<|D|>{n}<|/D|>")[1].Split("<|D|>")[0].Split("<|S|>")[0], @"<\|(?:[ht]\d+|E)\|>", "")));
        Assert.Equal(Document, rebuilt);
        int start = tied.Text.IndexOf(names[0], tied.Text.IndexOf("<|S|>", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(tied.Unlearned, u => u.Start <= start && start < u.End);
        int before = tied.Text.IndexOf($"<|D|>{names[0]}", StringComparison.Ordinal) + 5;
        Assert.Contains(tied.Unlearned, u => u.Start <= before && before < u.End);
    }

    [Theory]
    [InlineData("a <|h3|> b", true)]
    [InlineData("a <|S|> b", true)]
    [InlineData("a <|user|> <h3> b", false)]
    public void A_text_with_a_mark_is_recognized(string text, bool hasMarks) => Assert.Equal(hasMarks, KnotText.HasMarks(text));

    static string[] Draw(ref SeededRandom random)
    {
        string[] documents = new string[1 + random.Next(5)];
        for (int d = 0; d < documents.Length; d++)
        {
            int words = 1 + random.Next(12);
            List<string> text = [];
            for (int w = 0; w < words; w++)
            {
                text.Add($"w{d}x{w}" + (random.Next(4) == 0 ? "\n\n" : ""));
            }
            documents[d] = string.Join(' ', text);
        }
        return documents;
    }

    static IEnumerable<string> Marks(string text, string kind) =>
        System.Text.RegularExpressions.Regex.Matches(text, $@"<\|{kind}(\d+)\|>").Select(m => m.Groups[1].Value);

    /// <summary>Counts the characters of backtracing answers before a place.</summary>
    static int NamesBefore(string text, int cut) =>
        System.Text.RegularExpressions.Regex.Matches(text[..cut], @"(?<=<\|S\|>|<\|s\|>)[a-z0-9]{1,6}").Sum(m => m.Length);
}
