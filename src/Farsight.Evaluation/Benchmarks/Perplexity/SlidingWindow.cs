namespace Farsight.Evaluation.Benchmarks.Perplexity;

/// <summary>A window over a text, and how many of its last tokens are scored in it.</summary>
/// <param name="Begin">First token.</param>
/// <param name="End">The token after the last.</param>
/// <param name="New">Tokens that no earlier window had; more than the window holds where the stride is longer.</param>
/// <param name="Scored">Those of them that are predicted inside the window.</param>
readonly record struct SlidingWindow(int Begin, int End, int New, int Scored)
{
    /// <summary>All windows over a text, as Hugging Face's recipe and YaRN's script lay them.</summary>
    /// <remarks>
    /// Window i begins at token i · stride and has at most <paramref name="length"/> tokens, the BOS that is put before each among them.
    /// The
    /// first token of a window without BOS is predicted by nothing. The last window may score none. Source: jquesnelle/yarn,
    /// eval/perplexity.py.
    /// </remarks>
    /// <param name="tokens">Of the text.</param>
    /// <param name="length">Of a window; at least 1 beside BOS.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="addsBos">Whether each window has BOS before it.</param>
    internal static IEnumerable<SlidingWindow> Over(int tokens, int length, int stride, bool addsBos)
    {
        int bos = addsBos ? 1 : 0, before = 0;
        for (int begin = 0; begin < tokens && before < tokens; begin += stride)
        {
            int end = Math.Min(begin + length - bos, tokens), held = end - begin + bos, labelled = Math.Min(end - before, held);
            yield return new(begin, end, end - before, labelled == held ? labelled - 1 : labelled);
            before = end;
        }
    }
}
