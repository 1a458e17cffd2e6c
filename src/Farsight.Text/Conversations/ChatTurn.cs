namespace Farsight.Text.Conversations;

/// <summary>Represents one message of a conversation.</summary>
/// <param name="Role">"system", "user" or "assistant".</param>
/// <param name="Content">Its text.</param>
public sealed record ChatTurn(string Role, string Content);
