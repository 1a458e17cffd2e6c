using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>Joins shuffled documents to a number of tokens and inserts needles wherever a token ends.</summary>
/// <param name="documents">The haystack.</param>
/// <param name="tokens">The model's tokenizer.</param>
/// <param name="room">Tokens of haystack and needles together.</param>
sealed class NeedleBenchText(IReadOnlyList<string> documents, ITextTokens tokens, int room)
{
    /// <summary>Returns the text of one repeat.</summary>
    /// <param name="needles">The needles with surrounding white space.</param>
    /// <param name="depths">The depth of each needle in the haystack alone, 0 to 1, ascending.</param>
    /// <param name="repeat">Decides the order of the documents: the order of the repeats before it, shuffled once more.</param>
    /// <exception cref="InputException">The documents have fewer tokens than the length needs.</exception>
    internal string With(IReadOnlyList<string> needles, IReadOnlyList<double> depths, int repeat)
    {
        int[][] hidden = [.. needles.Select(n => tokens.Encode(n))];
        int[] haystack = Haystack(repeat, Math.Max(0, room - hidden.Sum(h => h.Length)));
        List<int> text = [];
        int from = 0;
        for (int i = 0; i < hidden.Length; i++)
        {
            int at = (int)(haystack.Length * (depths[i]));
            text.AddRange(haystack[from..at]);
            text.AddRange(hidden[i]);
            from = at;
        }
        text.AddRange(haystack[from..]);
        return tokens.Decode([.. text]);
    }

    /// <summary>Returns the text of one repeat with needles that follow each other at a distance (<see cref="NeedlePlaces"/>).</summary>
    /// <param name="needles">The needles with surrounding white space.</param>
    /// <param name="depth">The depth of the first needle in the haystack alone, 0 to 1.</param>
    /// <param name="distance">The distance in percent of the haystack.</param>
    /// <param name="repeat">As <see cref="With"/> takes it.</param>
    /// <exception cref="InputException">The documents have fewer tokens than the length needs.</exception>
    internal string WithSpaced(IReadOnlyList<string> needles, double depth, double distance, int repeat)
    {
        int[][] hidden = [.. needles.Select(n => tokens.Encode(n))];
        int[] haystack = Haystack(repeat, Math.Max(0, room - hidden.Sum(h => h.Length)));
        return tokens.Decode([.. NeedlePlaces.Insert(haystack, hidden, 100 * depth, distance)]);
    }

    int[] Haystack(int repeat, int count)
    {
        string[] order = [.. documents];
        for (int i = 0; i <= repeat; i++)
        {
            new PythonRandom(i).Shuffle(order);
        }
        int[] haystack = [.. order.SelectMany(d => tokens.Encode(d)).Take(count)];
        return haystack.Length == count
            ? haystack
            : throw new InputException(
                $"The documents of NeedleBench have {haystack.Length} tokens, but {count} are needed; evaluate a shorter length.");
    }
}
