namespace Farsight.Alignment.Endpoints;

/// <summary>Represents the answer of an endpoint.</summary>
/// <param name="Text">The model's text; may be empty.</param>
/// <param name="FinishReason">"stop", "length" or another word of the server's; null where it gave none.</param>
/// <param name="Model">The model's name in the answer, which may include a version; null where the server gave none.</param>
/// <param name="InputTokens">Prompt tokens, as counted by the server; null where it did not count them.</param>
/// <param name="OutputTokens">Answer tokens, as counted by the server; null where it did not count them.</param>
sealed record ChatAnswer(string Text, string? FinishReason, string? Model, long? InputTokens, long? OutputTokens);
