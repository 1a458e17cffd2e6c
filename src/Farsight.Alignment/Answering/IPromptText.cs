using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>Encodes the parts of exact prompts with a model's tokenizer and chat format.</summary>
public interface IPromptText
{
    /// <summary>Encodes text that continues a prompt; markers in it are text.</summary>
    int[] Encode(string text);

    /// <summary>Decodes ids, markers included.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Returns the parts of the prompt before and after the context when <paramref name="question"/> is asked about it.</summary>
    PromptFrame Frame(string question);

    /// <summary>Encodes a conversation up to where the next answer begins, and the first words of that answer.</summary>
    /// <exception cref="Engine.InputException">The chat template refuses it.</exception>
    int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix);

    /// <summary>Encodes a whole response, with the token that ends it.</summary>
    int[] Response(string answer);
}

/// <summary>Holds the parts of a prompt around its context.</summary>
/// <param name="Before">First token of a text and the marker of the context.</param>
/// <param name="After">The question with its markers, up to where the response begins.</param>
public sealed record PromptFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Tokens of both parts.</summary>
    public int Count => Before.Count + After.Count;
}

/// <summary>Encodes prompts with the project's own chat format over a tokenizer.</summary>
public sealed class ChatPromptText(Tokenizer tokenizer, ChatFormat format) : IPromptText
{
    /// <inheritdoc/>
    public int[] Encode(string text) => tokenizer.EncodeInside(text);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => tokenizer.Decode(tokens, skipSpecialTokens: false);

    /// <inheritdoc/>
    public PromptFrame Frame(string question)
    {
        (int[] before, int[] after) = format.Frame(question, hasContext: true);
        return new(before, after);
    }

    /// <inheritdoc/>
    public int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix) => format.Conversation(turns, answerPrefix);

    /// <inheritdoc/>
    public int[] Response(string answer) => format.Response(answer);
}
