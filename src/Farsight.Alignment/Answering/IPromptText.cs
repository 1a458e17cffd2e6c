using Farsight.Text.Conversations;

namespace Farsight.Alignment.Answering;

/// <summary>A model's tokenizer and chat format, as far as building exact prompts needs them.</summary>
public interface IPromptText
{
    /// <summary>The ids of text that continues a prompt; markers in it are text.</summary>
    int[] Encode(string text);

    /// <summary>The text of ids, markers included.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>What stands before and after the context when <paramref name="question"/> is asked about it.</summary>
    PromptFrame Frame(string question);

    /// <summary>The ids of a conversation, up to where the next answer begins, and of the first words of that answer.</summary>
    /// <exception cref="Engine.InputException">The chat template refuses it.</exception>
    int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix);

    /// <summary>The ids of a whole response, with the token that ends it.</summary>
    int[] Response(string answer);
}

/// <summary>The parts of a prompt around its context.</summary>
/// <param name="Before">First token of a text and the marker of the context.</param>
/// <param name="After">The question with its markers, up to where the response begins.</param>
public sealed record PromptFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Tokens of both parts.</summary>
    public int Count => Before.Count + After.Count;
}
