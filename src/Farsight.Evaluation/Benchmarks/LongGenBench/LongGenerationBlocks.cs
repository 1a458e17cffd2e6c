using System.Globalization;
using System.Numerics;

namespace Farsight.Evaluation.Benchmarks.LongGenBench;

/// <summary>
/// Splits a long text of LongGenBench / Spinning the Golden Thread (Wu et al. 2024) into parts, such as the weeks of a diary.
/// </summary>
static class LongGenerationBlocks
{
    const string Separator = "#*#";

    /// <summary>
    /// Returns the parts between "#*#" by the number after the type ("Week "), in the order of the text; of several with one number the
    /// first. A second number inside a part begins no part.
    /// </summary>
    public static OrderedDictionary<BigInteger, string> Parse(string text, string type)
    {
        OrderedDictionary<BigInteger, string> blocks = [];
        foreach (string block in text.Split(Separator))
        {
            if (NumberAfter(block, type + " ") is { } number)
            {
                blocks.TryAdd(number, block);
            }
        }
        return blocks;
    }

    /// <summary>Returns the share of the parts 1 to <paramref name="number"/> that exist, in percent.</summary>
    public static double CompletionRate(IReadOnlyDictionary<BigInteger, string> blocks, int number) =>
        (double)Enumerable.Range(1, number).Count(i => blocks.ContainsKey(i)) / number * 100;

    static BigInteger? NumberAfter(string block, string word)
    {
        for (int at = block.IndexOf(word, StringComparison.Ordinal); at >= 0; at = block.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            string digits = string.Concat(
                block.Skip(at + word.Length).TakeWhile(char.IsDigit).Select(c => CharUnicodeInfo.GetDecimalDigitValue(c)));
            if (digits.Length > 0)
            {
                return BigInteger.Parse(digits, CultureInfo.InvariantCulture);
            }
        }
        return null;
    }
}
