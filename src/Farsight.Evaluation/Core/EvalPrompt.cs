using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core;

/// <summary>
/// Represents a task's prompt before it is rendered. <see cref="IPromptMaker"/> renders and cuts it.
/// </summary>
public abstract record EvalPrompt
{
    EvalPrompt()
    {
    }

    /// <summary>Creates a single user message.</summary>
    public static Messages Of(string text) => new([new("user", text)]);

    /// <summary>Represents exact ids, for prompts whose length in tokens is exact. They are used as they are.</summary>
    /// <param name="Ids">[P] with BOS and all markers, up to where the response begins.</param>
    internal sealed record Tokens(IReadOnlyList<int> Ids) : EvalPrompt
    {
        /// <summary>The same prompt as messages, for an endpoint; null where it cannot be expressed so.</summary>
        public Messages? Spoken { get; init; }
    }

    /// <summary>Represents a conversation.</summary>
    /// <param name="Turns">Roles "system", "user", "assistant"; the last is the user's.</param>
    public sealed record Messages(IReadOnlyList<ChatTurn> Turns) : EvalPrompt
    {
        /// <summary>The beginning of the answer, put after the assistant's header. The completion does not repeat it.</summary>
        public string AnswerPrefix { get; init; } = "";

        /// <summary>
        /// The benchmark uses the model's chat template; else the messages' texts are continued as they are, with empty lines between
        /// several.
        /// </summary>
        public bool UseChatTemplate { get; init; } = true;

        /// <summary>
        /// The benchmark's treatment of a prompt that is too long; null reports an error, so that nothing is cut silently.
        /// </summary>
        /// <remarks>It cuts the last message, before the chat template is put around it.</remarks>
        public IPromptCut? Cut { get; init; }
    }
}
