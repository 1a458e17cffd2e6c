using System.Text.Json.Serialization;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Answering;

/// <summary>Represents what a model is asked to complete.</summary>
[JsonDerivedType(typeof(Tokens), nameof(Tokens))]
[JsonDerivedType(typeof(RawText), nameof(RawText))]
[JsonDerivedType(typeof(Chat), nameof(Chat))]
public abstract record Prompt
{
    Prompt()
    {
    }

    /// <summary>Creates a conversation of one user message.</summary>
    public static Chat User(string text) => new([new("user", text)]);

    /// <summary>Represents exact token ids. They are used as they are, also beyond the context window.</summary>
    /// <param name="Ids">[P] ids with BOS and all markers, up to where the response begins; P is at least 1.</param>
    public sealed record Tokens(IReadOnlyList<int> Ids) : Prompt
    {
        /// <summary>
        /// [P] positions of the tokens, strictly increasing and 0 or more; new tokens continue after the last one in steps of 1. Null for
        /// 0, 1, 2, …. A model behind an endpoint refuses positions.
        /// </summary>
        public IReadOnlyList<int>? Positions { get; init; }

        /// <summary>
        /// Whether the ids are a text that the completion continues, as <see cref="RawText"/> is, rather than the prompt of a chat.
        /// </summary>
        public bool ContinuesText { get; init; }
    }

    /// <summary>Represents a text that is continued without a chat template.</summary>
    /// <param name="Text">The text; BOS is added if the tokenizer adds it.</param>
    public sealed record RawText(string Text) : Prompt;

    /// <summary>Represents a conversation whose next message is the assistant's.</summary>
    /// <param name="Turns">Roles and texts; the last turn is usually the user's.</param>
    public sealed record Chat(IReadOnlyList<ChatTurn> Turns) : Prompt
    {
        /// <summary>
        /// The beginning of the answer, which the completion does not repeat. A model behind an endpoint gets it at the end of the last
        /// message.
        /// </summary>
        public string AnswerPrefix { get; init; } = "";

        /// <summary>
        /// Whether the model's chat template is applied. Without it the texts are joined by empty lines and continued as they are.
        /// </summary>
        public bool UsesTemplate { get; init; } = true;

        /// <summary>The conversation as plain text: the texts of the turns, with empty lines between them, and the answer prefix.</summary>
        public string PlainText => string.Join("\n\n", Turns.Select(t => t.Content)) + AnswerPrefix;
    }
}
