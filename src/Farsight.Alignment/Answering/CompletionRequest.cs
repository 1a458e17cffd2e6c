namespace Farsight.Alignment.Answering;

/// <summary>What to continue, and how.</summary>
/// <param name="PromptTokens">[P] token ids, with the markers of the chat format; P at least 1.</param>
/// <param name="MaxNewTokens">Most tokens to generate, the stop token included; at least 1.</param>
/// <param name="Temperature">Divides the logits; 0 takes the likeliest token each time.</param>
/// <param name="TopP">Samples among the likeliest tokens that hold this share of the probability; 1 for all.</param>
/// <param name="Seed">Of the sampling; without meaning at temperature 0.</param>
public sealed record CompletionRequest(
    IReadOnlyList<int> PromptTokens, int MaxNewTokens, float Temperature = 0, float TopP = 1, int Seed = 0)
{
    /// <summary>Tokens that end this completion, beside the model's own.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>No token that ends the completion is among the first so many.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>The completion should say where the heads looked; a completer that cannot see them leaves it out.</summary>
    public bool ObservesHeads { get; init; }
}
