namespace Farsight.Alignment.Endpoints;

/// <summary>What is kept of an answer.</summary>
/// <param name="Text">What the model said; may be empty.</param>
/// <param name="FinishReason">"stop", "length" or another word of the server's; null where it said none.</param>
/// <param name="Model">The name that the server answers under, which may tell the version; null where it said none.</param>
/// <param name="InputTokens">Tokens of the prompt, as counted by the server; null where it did not say.</param>
/// <param name="OutputTokens">Tokens of the answer, likewise.</param>
sealed record ChatAnswer(string Text, string? FinishReason, string? Model, long? InputTokens, long? OutputTokens);
