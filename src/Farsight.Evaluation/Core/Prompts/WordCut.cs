namespace Farsight.Evaluation.Core.Prompts;

/// <summary>
/// L-Eval's cut: the document in the prompt loses words at its end, or at its beginning, until it has no more tokens than the limit.
/// </summary>
/// <remarks>
/// Source: OpenLMLab/LEval @cd34b05, Baselines. First as many words are kept as the limit has tokens, then 250 fewer each time; words are
/// what stands between single spaces. Only the document's tokens count, with those that the tokenizer adds.
/// </remarks>
/// <param name="Start">Where the document begins in the text.</param>
/// <param name="Length">Its characters.</param>
/// <param name="FromLeft">It loses its first words instead of its last.</param>
sealed record WordCut(int Start, int Length, bool FromLeft) : IPromptCut
{
    const int Step = 250;

    /// <inheritdoc/>
    public string Name => FromLeft ? "left, by words" : "right, by words";

    /// <inheritdoc/>
    public string Apply(string text, int limit, ITextTokens tokens, out int removed)
    {
        string document = text.Substring(Start, Length);
        int before = tokens.EncodeWhole(document).Length, count = before;
        for (int words = limit; count > limit && document.Length > 0; words -= Step)
        {
            string[] all = document.Split(' ');
            int kept = Math.Clamp(words, 0, all.Length);
            document = string.Join(' ', FromLeft ? all[^kept..] : all[..kept]);
            count = tokens.EncodeWhole(document).Length;
        }
        removed = before - count;
        return string.Concat(text.AsSpan(0, Start), document, text.AsSpan(Start + Length));
    }
}
