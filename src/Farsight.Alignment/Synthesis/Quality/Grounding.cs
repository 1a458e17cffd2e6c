using System.Globalization;
using Farsight.Alignment.Synthesis.Scoring;

namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>Finds names and numbers of a response that are missing from its sources, which indicates an invented answer.</summary>
/// <remarks>
/// A name is missing if one of its words is missing from the texts, a number if its digits are. Numbers up to twelve may be counts or list
/// numbers, and a single capitalized word that opens a sentence may be any word: both pass.
/// </remarks>
public sealed class Grounding
{
    /// <summary>The reason for a chosen response that is not grounded in its chunks.</summary>
    public const string Reason = "chosen_not_grounded";

    const int MostCounted = 12;

    readonly HashSet<ulong> _known = [];

    /// <summary>Reads what a response may use.</summary>
    /// <param name="texts">The chunks and the question.</param>
    public Grounding(params IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            _known.UnionWith(EntityRecognizer.Keys(text));
        }
        foreach ((int number, string word) in ResponseWords.Numbers.Index())
        {
            if (_known.Contains(TermHash.Of(word)))
            {
                _known.Add(TermHash.Of(number.ToString(CultureInfo.InvariantCulture)));
            }
        }
    }

    /// <summary>Returns the names and numbers of a response that are missing from the texts, in order.</summary>
    public IReadOnlyList<string> Missing(string response) =>
        [.. EntityRecognizer.Spans(response).Where(s => IsMissing(response, s)).Select(s => response[s.Start..s.End])];

    /// <summary>Reports a response with names or numbers that are missing from the texts.</summary>
    public ResponseFault? Check(string response) =>
        Missing(response) is { Count: > 0 } missing ? new(Reason, string.Join(", ", missing)) : null;

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

    /// <summary>Returns the words of a name or date.</summary>
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
