using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>The project's own chat format over a tokenizer.</summary>
public sealed class ChatPromptText(Tokenizer tokenizer, ChatFormat format) : IPromptText
{
    /// <inheritdoc/>
    public int[] Encode(string text) => tokenizer.EncodeInside(text);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => tokenizer.Decode(tokens, skipSpecialTokens: false);

    /// <inheritdoc/>
    public PromptFrame Frame(string question) => new(format.ContextPrefix, format.QuestionAndTurn(question));

    /// <inheritdoc/>
    public int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix) => format.Conversation(turns, answerPrefix);

    /// <inheritdoc/>
    public int[] Response(string answer) => format.Response(answer);
}
