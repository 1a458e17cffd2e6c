namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Inserts needles as the first needle test does: in tokens, after a full stop.</summary>
/// <remarks>
/// The place is ⌊tokens · depth⌋, then to the left until the token before it is one of a full stop's; without any that is the very
/// beginning. Depth 100 % appends. Of several needles each goes into what the ones before it made, (100 − depth) / n percent deeper than
/// the last. Source: gkamradt/LLMTest_NeedleInAHaystack @7b90d28. A tokenizer with other tokens for a full stop after a space places
/// needles elsewhere, as there.
/// </remarks>
static class NeedleInsertion
{
    /// <summary>Represents the tokens that the original reserves for system message, question and response.</summary>
    public const int Buffer = 200;

    /// <summary>
    /// Cuts the text so that it has at most length − <paramref name="buffer"/> tokens with its needles, and inserts them.
    /// </summary>
    /// <param name="context">[T] the haystack.</param>
    /// <param name="needles">The needles in tokens.</param>
    /// <param name="length">The context length asked for.</param>
    /// <param name="depthPercent">The depth of the first needle, 0 to 100.</param>
    /// <param name="periods">The tokens of ".".</param>
    /// <param name="buffer">The tokens to leave free.</param>
    public static PlacedNeedles Place(
        IReadOnlyList<int> context,
        IReadOnlyList<IReadOnlyList<int>> needles,
        int length,
        double depthPercent,
        IReadOnlySet<int> periods,
        int buffer = Buffer)
    {
        int room = Math.Max(0, length - buffer - needles.Sum(n => n.Count));
        List<int> tokens = [.. context.Take(Math.Min(room, context.Count))];
        List<double> percents = [];
        double step = (100 - depthPercent) / needles.Count;
        foreach (IReadOnlyList<int> needle in needles)
        {
            if (depthPercent == 100)
            {
                tokens.AddRange(needle);
                continue;
            }
            int at = SentenceEnd(tokens, (int)(tokens.Count * (depthPercent / 100)), periods);
            tokens.InsertRange(at, needle);
            percents.Add((double)at / tokens.Count * 100);
            depthPercent += step;
        }
        return new([.. tokens], [.. percents]);
    }

    static int SentenceEnd(List<int> tokens, int at, IReadOnlySet<int> periods)
    {
        while (at > 0 && !periods.Contains(tokens[at - 1]))
        {
            at--;
        }
        return at;
    }
}

/// <summary>Represents a text with its needles.</summary>
/// <param name="Tokens">[T] all of it.</param>
/// <param name="Percents">The place of each needle in percent of the tokens at its insertion; empty at depth 100.</param>
sealed record PlacedNeedles(IReadOnlyList<int> Tokens, IReadOnlyList<double> Percents);
