using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Defines the faults for which an import drops a line, as they appear in the report.</summary>
static class ImportFault
{
    internal const string
        Empty = "empty", Identical = "identical", NoAnswer = "no_answer", DifferentPrompts = "different_prompts",
        LongerConversation = "longer_conversation", SeveralTurns = "several_turns", SystemPrompt = "system_prompt",
        ToolCalls = "tool_calls", ReasoningContent = "reasoning_content", NotText = "not_text", UnknownRole = "unknown_role",
        Templated = "templated", EndToken = "end_token", Malformed = "malformed";

    // Markers that begin a turn in the templates of the common model families.
    static readonly string[] s_turnMarkers =
    [
        "<|im_start|>", "<|start_header_id|>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>", "<｜User｜>", "<｜Assistant｜>", "<|user|>",
        "<|assistant|>", "<|system|>", "<|context|>", "<|start|>",
    ];

    static readonly string[] s_endTokens =
    [
        "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<end_of_turn>", "<｜end▁of▁sentence｜>", "<|end|>", "<|return|>",
    ];

    /// <summary>Returns the reason of a fault as a clause.</summary>
    internal static string Describe(string fault) => fault switch
    {
        Empty => "prompt, chosen or rejected has no text",
        Identical => "chosen and rejected are the same",
        NoAnswer => "chosen or rejected has no message of the assistant",
        DifferentPrompts => "chosen and rejected answer different prompts",
        LongerConversation => "chosen and rejected differ before the last answer, or one of them continues after its first answer",
        SeveralTurns => "the prompt has several turns, which a sample cannot hold",
        SystemPrompt => "the prompt has a system message, which a sample cannot hold",
        ToolCalls => "the line offers or calls tools, which a sample cannot hold",
        ReasoningContent => "a message holds its thought in a field of its own; write it into the content as the model writes it",
        NotText => "a message holds something other than text",
        UnknownRole => "a message has a role other than system, user and assistant",
        Templated => "a text contains the turn markers of a chat template, which would be applied twice",
        EndToken => "an answer contains an end token, which the template adds itself",
        Malformed => "fields are missing or have the wrong type",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    /// <summary>Returns the fault of the texts of a pair, or null.</summary>
    internal static string? Of(ForeignPreference pair, ChatFormat format)
    {
        string[] texts = [pair.Prompt, pair.Chosen, pair.Rejected], answers = texts[1..];
        return texts.Any(string.IsNullOrWhiteSpace) ? Empty
            : pair.Chosen.AsSpan().Trim().SequenceEqual(pair.Rejected.AsSpan().Trim()) ? Identical
            : texts.Any(t => s_turnMarkers.Any(m => t.Contains(m, StringComparison.Ordinal)))
                || pair.Prompt.AsSpan().TrimEnd().EndsWith("### Response:", StringComparison.Ordinal) ? Templated
            : answers.Any(a => HasEndToken(a, format.Tokenizer.TokenText(format.Eos))) ? EndToken
            : null;
    }

    /// <summary>Returns whether an answer contains an end token. "&lt;/s&gt;" is HTML too and counts at the end only.</summary>
    static bool HasEndToken(string answer, string ofModel) =>
        s_endTokens.Any(t => answer.Contains(t, StringComparison.Ordinal))
        || new[] { "</s>", ofModel }.Any(t =>
            answer.AsSpan().TrimEnd().EndsWith(t, StringComparison.Ordinal)
            && (t != "</s>" || !answer.Contains("<s>", StringComparison.Ordinal)));
}
