namespace Farsight.Text.Tokenizers;

/// <summary>Takes a part of a text that holds no added token, normalised.</summary>
/// <param name="text">The part.</param>
/// <param name="first">It begins where the whole text begins.</param>
delegate void TextAction(ReadOnlySpan<char> text, bool first);

/// <summary>
/// Cuts text at the added tokens that stand in it: first those of the text as written, then, in the normalised rest, those that are looked
/// for there.
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

    /// <summary>Calls back for every part of the text, in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="foreign">An added token that touches one of these stays text.</param>
    /// <param name="onText">For what lies between tokens.</param>
    /// <param name="onToken">For a token.</param>
    internal void Cut(ReadOnlySpan<char> text, IReadOnlyList<Range> foreign, TextAction onText, Action<AddedToken> onToken)
    {
        int taken = 0, from = 0;
        while (_asWritten.Next(text, ref from, taken, out Range span) is { } token)
        {
            if (!Touches(span, foreign, text.Length))
            {
                CutNormalized(text, taken..span.Start.Value, foreign, onText, onToken);
                onToken(token);
                taken = span.End.Value;
            }
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
        int taken = 0, from = 0;
        // places in normalised text are not those of the text, so where any of it is foreign, all of it stays text
        while (!Touches(part, foreign, whole.Length) && _normalized.Next(text, ref from, taken, out Range span) is { } token)
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

    static bool Touches(Range span, IReadOnlyList<Range> foreign, int length)
    {
        foreach (Range range in foreign)
        {
            if (range.Start.GetOffset(length) < span.End.Value && span.Start.Value < range.End.GetOffset(length))
            {
                return true;
            }
        }
        return false;
    }
}
