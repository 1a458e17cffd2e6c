namespace Farsight.Alignment.Answering;

/// <summary>Where a model's heads looked while it wrote.</summary>
/// <param name="Layers">L.</param>
/// <param name="Heads">H of each layer.</param>
/// <param name="Prompt">[P] what the model was given.</param>
/// <param name="Tokens">What it wrote, token by token.</param>
/// <param name="Peaks">[tokens][L · H] place, in prompt and answer, of the token that each head attended to most when the token was
/// chosen.</param>
public sealed record HeadTrace(int Layers, int Heads, IReadOnlyList<int> Prompt, IReadOnlyList<int> Tokens, IReadOnlyList<int[]> Peaks)
{
    /// <summary>The same, of the first tokens.</summary>
    public HeadTrace Take(int tokens) => this with { Tokens = [.. Tokens.Take(tokens)], Peaks = [.. Peaks.Take(tokens)] };
}
