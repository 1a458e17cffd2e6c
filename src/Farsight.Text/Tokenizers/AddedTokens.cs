namespace Farsight.Text.Tokenizers;

/// <summary>Receives a normalized part of a text without added tokens.</summary>
/// <param name="text">The part.</param>
/// <param name="first">Whether the part starts at the start of the whole text.</param>
delegate void TextAction(ReadOnlySpan<char> text, bool first);

/// <summary>
/// Splits text at its added tokens: first at those found in the text as written, then, in the normalized rest, at those with the
/// normalized flag.
/// </summary>
sealed class AddedTokens
{
    readonly IReadOnlyList<TextStep> _normalizer;
    readonly AddedTokenFinder _asWritten, _normalized;

    internal AddedTokens(IEnumerable<AddedToken> tokens, IReadOnlyList<TextStep> normalizer)
    {
        AddedToken[] all = [.. tokens];
        _normalizer = normalizer;
        _asWritten = new(all.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalized = new(all.Where(t => t.Normalized).Select(t => (TextStep.ApplyAll(normalizer, t.Content, first: true).ToString(), t)));
    }

    /// <summary>Splits a text and passes its parts to the callbacks, in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="foreign">Ranges of foreign text, in order; no token is found in them.</param>
    /// <param name="onText">Receives the text between tokens.</param>
    /// <param name="onToken">Receives each token.</param>
    internal void Cut(ReadOnlySpan<char> text, IReadOnlyList<Range> foreign, TextAction onText, Action<AddedToken> onToken)
    {
        int taken = 0, from = 0;
        while (_asWritten.Next(text, foreign, ref from, taken, out Range span) is { } token)
        {
            CutNormalized(text, taken..span.Start.Value, foreign, onText, onToken);
            onToken(token);
            taken = span.End.Value;
        }
        CutNormalized(text, taken..text.Length, foreign, onText, onToken);
    }

    void CutNormalized(ReadOnlySpan<char> whole, Range part, IReadOnlyList<Range> foreign, TextAction onText, Action<AddedToken> onToken)
    {
        if (part.End.Value <= part.Start.Value)
        {
            return;
        }
        bool first = part.Start.Value == 0;
        ReadOnlySpan<char> text = TextStep.ApplyAll(_normalizer, whole[part], first);
        IReadOnlyList<Range> within = _normalized.IsEmpty || foreign.Count == 0
            ? []
            : InNormalized(whole[part], text, Within(part, foreign, whole.Length), first);
        int taken = 0, from = 0;
        while (_normalized.Next(text, within, ref from, taken, out Range span) is { } token)
        {
            Pass(text[taken..Math.Max(taken, span.Start.Value)], first && taken == 0, onText);
            onToken(token);
            taken = span.End.Value;
        }
        Pass(text[taken..], first && taken == 0, onText);
    }

    static void Pass(ReadOnlySpan<char> text, bool first, TextAction onText)
    {
        if (!text.IsEmpty)
        {
            onText(text, first);
        }
    }

    /// <summary>Returns the parts of the ranges inside a part of the text, relative to its start.</summary>
    static List<Range> Within(Range part, IReadOnlyList<Range> foreign, int length)
    {
        List<Range> within = [];
        foreach (Range range in foreign)
        {
            int start = Math.Max(range.Start.GetOffset(length), part.Start.Value) - part.Start.Value,
                end = Math.Min(range.End.GetOffset(length), part.End.Value) - part.Start.Value;
            if (start < end)
            {
                within.Add(start..end);
            }
        }
        return within;
    }

    /// <summary>Finds foreign text in normalized text.</summary>
    /// <remarks>
    /// The text before a range and the text after it are also normalized separately; the range lies between the two results. Characters
    /// that normalizing joins across a border, as composition does, count as foreign text.
    /// </remarks>
    List<Range> InNormalized(ReadOnlySpan<char> text, ReadOnlySpan<char> normalized, List<Range> foreign, bool first)
    {
        if (normalized.SequenceEqual(text))
        {
            return foreign;
        }
        List<Range> found = [];
        foreach (Range range in foreign)
        {
            ReadOnlySpan<char> before = TextStep.ApplyAll(_normalizer, text[..range.Start], first),
                behind = TextStep.ApplyAll(_normalizer, text[range.End..], first: false);
            int start = normalized.CommonPrefixLength(before), same = 0;
            while (same < Math.Min(normalized.Length, behind.Length) && normalized[^(same + 1)] == behind[^(same + 1)])
            {
                same++;
            }
            int end = normalized.Length - same;
            if (start < end)
            {
                found.Add(start..end);
            }
        }
        return found;
    }
}
