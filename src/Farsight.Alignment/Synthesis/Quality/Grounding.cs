using System.Globalization;
using Farsight.Alignment.Synthesis.Scoring;

namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Names and numbers of a response that nothing it could know from has: the mark of a made-up answer.</summary>
/// <remarks>
/// A name is missing when a word of it is nowhere in the texts, a number when its digits are not. Numbers up to twelve may have been
/// counted or
/// number a list, and a single capitalised word that opens a sentence may be any word: both pass.
/// </remarks>
public sealed class Grounding
{
    /// <summary>Of a chosen response that is not grounded in the chunks that it was written from.</summary>
    public const string Reason = "chosen_not_grounded";

    const int MostCounted = 12;

    static readonly string[] s_numbers =
    [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];

    readonly HashSet<ulong> _known = [];

    /// <summary>Reads what a response may know.</summary>
    /// <param name="texts">Chunks and the question.</param>
    public Grounding(params IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            _known.UnionWith(EntityRecognizer.Keys(text));
        }
        foreach ((int number, string word) in s_numbers.Index())
        {
            if (_known.Contains(TermHash.Of(word)))
            {
                _known.Add(TermHash.Of(number.ToString(CultureInfo.InvariantCulture)));
            }
        }
    }

    /// <summary>What of a response is nowhere, in its order.</summary>
    public IReadOnlyList<string> Missing(string response) =>
        [.. EntityRecognizer.Spans(response).Where(s => IsMissing(response, s)).Select(s => response[s.Start..s.End])];

    /// <summary>The fault of a response that has something missing.</summary>
    public Fault? Check(string response) => Missing(response) is { Count: > 0 } missing ? new(Reason, string.Join(", ", missing)) : null;

    bool IsMissing(string response, EntitySpan span)
    {
        string text = response[span.Start..span.End];
        return span.Kind switch
        {
            EntityKind.Number => !IsCounted(text) && !Knows(text),
            EntityKind.Name => !OpensSentence(response, span) && !Knows(text),
            EntityKind.Date or EntityKind.Acronym => !Knows(text),
            _ => false,
        };
    }

    bool Knows(string text)
    {
        HashSet<ulong> keys = EntityRecognizer.Keys(text);
        return _known.Contains(TermHash.Of(text.ToLowerInvariant()))
            || Parts(text).All(_known.Contains)
            || (keys.Count == 1 && _known.Overlaps(keys));
    }

    /// <summary>The words of a name or date, each by itself.</summary>
    static IEnumerable<ulong> Parts(string text) =>
        text.Split([' ', '\n', '-', ','], StringSplitOptions.RemoveEmptyEntries).SelectMany(part => EntityRecognizer.Keys(part));

    static bool IsCounted(string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= MostCounted;

    static bool OpensSentence(string response, EntitySpan span)
    {
        string before = response[..span.Start].TrimEnd(' ', '"', '\'', '“', '*', '-');
        return !response.AsSpan(span.Start, span.End - span.Start).Contains(' ')
            && (before.Length == 0 || before[^1] is '.' or '!' or '?' or ':' or '\n');
    }
}
