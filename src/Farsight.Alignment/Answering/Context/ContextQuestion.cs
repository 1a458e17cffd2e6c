using Farsight.Text.Conversations;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Represents a prompt that is split into a long context and the question about it.</summary>
/// <remarks>
/// The last message of the user is split. The question is its last paragraph, the text after the last empty line. A message of one
/// paragraph ends in its question: the last line. In both cases lines before it are added until the question has
/// <see cref="LeastWords"/> words, as "Answer:" alone asks nothing. Everything before is the context, with an instruction at its beginning
/// if it has one. Other messages, such as the system message, stay as they are.
/// </remarks>
/// <param name="Before">Messages before the last one.</param>
/// <param name="Context">The context; empty if the message is a question only.</param>
/// <param name="Question">The question, with everything that follows it.</param>
/// <param name="AnswerPrefix">Beginning of the answer, as <see cref="Prompt.Chat.AnswerPrefix"/>.</param>
sealed record ContextQuestion(IReadOnlyList<ChatTurn> Before, string Context, string Question, string AnswerPrefix)
{
    /// <summary>Minimum number of words of a question.</summary>
    internal const int LeastWords = 4;

    /// <summary>Splits a conversation.</summary>
    internal static ContextQuestion Of(Prompt.Chat chat)
    {
        ChatTurn last = chat.Turns[^1];
        string text = last.Content.ReplaceLineEndings("\n");
        int end = text.TrimEnd().Length, paragraph = text.LastIndexOf("\n\n", Math.Max(0, end - 1), end, StringComparison.Ordinal);
        int at = paragraph >= 0 ? paragraph + 2 : text.LastIndexOf('\n', Math.Max(0, end - 1)) + 1;
        while (at > 0 && Words(text[at..]) < LeastWords)
        {
            at = at < 2 ? 0 : text.LastIndexOf('\n', at - 2) + 1;
        }
        return new([.. chat.Turns.SkipLast(1)], text[..at].Trim(), text[at..].TrimStart('\n'), chat.AnswerPrefix);
    }

    /// <summary>Returns the prompt with another text in place of context and question.</summary>
    internal Prompt.Chat With(string text) => new([.. Before, new("user", text)]) { AnswerPrefix = AnswerPrefix };

    static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
}
