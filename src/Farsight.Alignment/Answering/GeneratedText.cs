namespace Farsight.Alignment.Answering;

/// <summary>A prompt and what a model made of it.</summary>
/// <param name="PromptTokens">[P] the prompt, as the model saw it.</param>
/// <param name="Tokens">The new ones, without the stop token.</param>
/// <param name="Text">Their text, up to a stop text if there was one.</param>
/// <param name="FinishReason">Why it ended.</param>
public sealed record GeneratedText(IReadOnlyList<int> PromptTokens, IReadOnlyList<int> Tokens, string Text, FinishReason FinishReason);
