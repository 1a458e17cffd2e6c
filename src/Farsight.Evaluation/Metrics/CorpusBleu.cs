using System.Text;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics;

/// <summary>Computes BLEU over a set of texts (Papineni et al. 2002) as Hugging Face's evaluate does, without smoothing.</summary>
/// <remarks>
/// BLEU = BP · exp(Σ log p_n / 4), with p_n the clipped n-gram precision and BP = 1 for the longer candidate, else exp(1 − r/c). The
/// shortest reference counts for the length r.
/// </remarks>
static partial class CorpusBleu
{
    const int MaxOrder = 4;

    /// <summary>Computes BLEU from the counts of all texts; 0 where an order has no match.</summary>
    /// <param name="pairs">The counts of each text.</param>
    internal static double Of(IReadOnlyList<BleuCounts> pairs)
    {
        long said = pairs.Sum(p => p.Length), gold = pairs.Sum(p => p.ReferenceLength);
        double logs = 0;
        for (int n = 0; n < MaxOrder; n++)
        {
            long matches = pairs.Sum(p => p.Matches[n]), possible = pairs.Sum(p => p.Possible[n]);
            if (matches == 0)
            {
                return 0;
            }
            logs += Math.Log((double)matches / possible) / MaxOrder;
        }
        return gold == 0 ? 0 : Brevity(gold, said) * Math.Exp(logs);
    }

    /// <summary>Counts what corpus BLEU needs of one candidate.</summary>
    internal static BleuCounts Count(string candidate, IReadOnlyList<string> references, bool isChinese)
    {
        List<string> said = Tokens(candidate, isChinese);
        List<string>[] gold = [.. references.Select(r => Tokens(r, isChinese))];
        int[] orders = [.. Enumerable.Range(1, MaxOrder)];
        return new(
            said.Count,
            gold.Length == 0 ? 0 : gold.Min(g => g.Count),
            [.. orders.Select(n => Matches(gold, said, n))],
            [.. orders.Select(n => Math.Max(0, said.Count - n + 1))]);
    }

    /// <summary>Cuts a text as the tokenizers "13a" and "zh" of sacreBLEU do.</summary>
    internal static List<string> Tokens(string text, bool isChinese)
    {
        string line = isChinese ? Spaced(PythonStrings.Strip(text)) : " " + Unescaped(text) + " ";
        line = Symbol().Replace(line, " $1 ");
        line = MarkAfterText().Replace(line, "$1 $2 ");
        line = MarkBeforeText().Replace(line, " $1 $2");
        return PythonStrings.Split(DashAfterDigit().Replace(line, "$1 $2 "));
    }

    static double Brevity(long gold, long said) => said > gold ? 1 : said == 0 ? 0 : Math.Exp(1 - ((double)gold / said));

    static int Matches(IReadOnlyList<List<string>> references, List<string> said, int n)
    {
        Dictionary<string, int> most = [];
        foreach (Dictionary<string, int> counts in references.Select(r => Grams(r, n)))
        {
            foreach ((string gram, int count) in counts)
            {
                most[gram] = Math.Max(count, most.GetValueOrDefault(gram));
            }
        }
        return Grams(said, n).Sum(g => Math.Min(g.Value, most.GetValueOrDefault(g.Key)));
    }

    static Dictionary<string, int> Grams(List<string> tokens, int n) =>
        Enumerable.Range(0, Math.Max(0, tokens.Count - n + 1))
            .Select(i => string.Join(' ', tokens.Skip(i).Take(n)))
            .CountBy(g => g, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);

    static string Unescaped(string text)
    {
        string line = text.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal)
            .Replace('\n', ' ');
        return line.Replace("&quot;", "\"", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal)
            .Replace("&gt;", ">", StringComparison.Ordinal);
    }

    static string Spaced(string text)
    {
        StringBuilder spaced = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            spaced.Append(IsChinese(rune) ? $" {rune} " : rune.ToString());
        }
        return spaced.ToString();
    }

    // The program writes its ranges beyond the basic plane with four digits. "\u20000" to "\u2a6d6" is a range of texts of two characters,
    // and one character is inside it from U+2001 to U+2A6D.
    static bool IsChinese(Rune rune) => rune.Value is (>= 0x2001 and <= 0x2a6d) or (>= 0x2e80 and <= 0x2fdf) or (>= 0x2ff0 and <= 0x2fff)
        or (>= 0x3000 and <= 0x303f) or (>= 0x3100 and <= 0x312f) or (>= 0x31a0 and <= 0x31bf) or (>= 0x31c0 and <= 0x31ef)
        or (>= 0x3200 and <= 0x33ff) or (>= 0x3400 and <= 0x4db5) or (>= 0x4e00 and <= 0x9fbb) or (>= 0xf900 and <= 0xfa2d)
        or (>= 0xfa30 and <= 0xfa6a) or (>= 0xfa70 and <= 0xfad9) or (>= 0xfe10 and <= 0xfe1f) or (>= 0xfe30 and <= 0xfe4f)
        or (>= 0xff00 and <= 0xffef);

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex MarkAfterText();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex MarkBeforeText();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}

/// <summary>Holds what corpus BLEU sums over its texts.</summary>
/// <param name="Length">Tokens of the candidate.</param>
/// <param name="ReferenceLength">Tokens of the shortest reference.</param>
/// <param name="Matches">Clipped common n-grams, for n = 1 to 4.</param>
/// <param name="Possible">N-grams of the candidate, for n = 1 to 4.</param>
sealed record BleuCounts(int Length, int ReferenceLength, IReadOnlyList<int> Matches, IReadOnlyList<int> Possible);
