using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Defines the faults for which an import drops a line, as they appear in the report.</summary>
static class ImportFault
{
    internal const string
        Empty = "empty", Identical = "identical", Duplicate = "duplicate", Contradiction = "contradiction", NoAnswer = "no_answer",
        DifferentPrompts = "different_prompts",
        LongerConversation = "longer_conversation", TurnOrder = "turn_order", PromptField = "prompt_field", Template = "template",
        TemplateOptions = "template_options",
        ToolCalls = "tool_calls", ReasoningContent = "reasoning_content", NotText = "not_text", UnknownRole = "unknown_role",
        Templated = "templated", EndToken = "end_token", Malformed = "malformed", OtherKind = "other_kind", NotPreferred = "not_preferred";

    /// <summary>Returns the reason of a fault as a clause.</summary>
    internal static string Describe(string fault) => fault switch
    {
        Empty => "prompt or an answer has no text",
        Identical => "chosen and rejected are the same",
        Duplicate => "prompt and answers are those of an earlier line",
        Contradiction => "an earlier line with the same prompt has the chosen response as rejected and the rejected one as chosen",
        NoAnswer => "an answer has no message of the assistant",
        DifferentPrompts => "chosen and rejected answer different prompts",
        LongerConversation => "chosen and rejected differ before the last answer, or an answer continues after its first message",
        TurnOrder => "the prompt is not an optional system message followed by user and assistant in turn, with the user first and last",
        PromptField => "a field beside the prompt holds a part of it that is not one document; write it into the prompt",
        TemplateOptions => "the line sets options of the chat template (chat_template_kwargs), which a sample cannot hold",
        Template => "the chat template refuses, omits or rewrites a message before the question",
        ToolCalls => "the line offers or calls tools in a form that a sample cannot hold, in a rejected response, or for a chat template "
            + "that does not write them",
        ReasoningContent => "a message holds its thought in a field of its own; write it into the content as the model writes it",
        NotText => "a message holds something other than text",
        UnknownRole => "a message has a role other than system, user, assistant and tool",
        Templated => "a text contains the turn markers of a chat template, which would be applied twice",
        EndToken => "an answer contains an end token, which the template adds itself",
        Malformed => "fields are missing or have the wrong type",
        OtherKind => "the line has a rejected response and the first imported line has none, or the reverse; import both kinds separately",
        NotPreferred => "the line marks its completion as not preferred (label is false)",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}

/// <summary>Finds the faults of pairs whose fields are sound.</summary>
sealed partial class PairCheck
{
    // Markers of common model families beyond those in the form <|name|>.
    static readonly string[] s_turnMarkers =
    [
        "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>", "<bos>", "[|system|]", "[|user|]", "[|assistant|]", "GPT4 Correct User:",
    ];

    static readonly string[] s_endTokens = ["<end_of_turn>", "<eos>", "[|endofturn|]"];

    // What texts write before an answer where a template has no markers.
    static readonly string[] s_answerLabels = ["### Response:", "### Assistant:", "Assistant:"];

    readonly ChatFormat _format;
    readonly string[] _turnMarkers, _endTokens;
    readonly string _end;

    /// <summary>Reads the control tokens that the template of a model writes.</summary>
    internal PairCheck(ChatFormat format)
    {
        _format = format;
        _end = format.Tokenizer.TokenText(format.Eos);
        HashSet<int> written = [.. format.ContextPrefix, .. format.Frame("x", hasContext: false).After, .. format.Response("x")];
        // "<s>" and "</s>" are HTML, too.
        string[] tokens =
        [
            .. format.Tokenizer.AddedTokens
                .Where(t => t.Special && written.Contains(t.Id) && t.Content.Length > 4 && t.Content.AsSpan().ContainsAny("<[|".AsSpan()))
                .Select(t => t.Content),
        ];
        _turnMarkers = [.. s_turnMarkers, .. tokens.Where(t => !IsEnd(t) && t != _end)];
        _endTokens = [.. s_endTokens, .. tokens.Where(t => IsEnd(t) || t == _end)];
    }

    /// <summary>Returns the <see cref="ImportFault"/> of a pair, or null.</summary>
    internal string? Of(ForeignPreference pair)
    {
        string[] texts =
        [
            .. pair.History.Concat(pair.ToolTurns).Where(t => t.ToolCalls is null || t.Content.Length > 0).Select(t => t.Content),
            .. pair.Document is { } document ? [document] : Array.Empty<string>(), pair.Prompt,
            .. pair.ChosenCalls is null || pair.Chosen.Length > 0 ? [pair.Chosen] : Array.Empty<string>(),
            .. pair.Rejected is { } rejected ? [rejected] : Array.Empty<string>(),
        ];
        return texts.Any(string.IsNullOrWhiteSpace) ? ImportFault.Empty
            : pair.Chosen.Trim() == pair.Rejected?.Trim() ? ImportFault.Identical
            : texts.Any(HasTurnMarker) || EndsWithLabel(pair.Prompt) ? ImportFault.Templated
            : HasEndToken(pair.Chosen) || HasEndToken(pair.Rejected ?? "") ? ImportFault.EndToken
            : (pair.UsesTools || pair.History.Count > 0) && !IsRendered(pair)
                ? pair.UsesTools ? ImportFault.ToolCalls : ImportFault.Template
            : null;
    }

    bool HasTurnMarker(string text)
    {
        foreach (ValueMatch token in ControlToken().EnumerateMatches(text))
        {
            if (!IsEnd(text.AsSpan(token.Index, token.Length)))
            {
                return true;
            }
        }
        int user = text.IndexOf("USER:", StringComparison.Ordinal);
        return _turnMarkers.Any(m => text.Contains(m, StringComparison.Ordinal))
            || (user >= 0 && text.IndexOf("ASSISTANT:", user, StringComparison.Ordinal) >= 0);
    }

    static bool EndsWithLabel(string prompt) =>
        s_answerLabels.Any(l => prompt.AsSpan().TrimEnd().EndsWith(l, StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns whether an answer contains an end token. "&lt;/s&gt;" is HTML too and counts at the end only.</summary>
    bool HasEndToken(string answer) =>
        ControlToken().IsMatch(answer)
        || _endTokens.Any(t => answer.Contains(t, StringComparison.Ordinal))
        || new[] { "</s>", _end }.Any(t =>
            answer.AsSpan().TrimEnd().EndsWith(t, StringComparison.Ordinal)
            && (t != "</s>" || !answer.Contains("<s>", StringComparison.Ordinal)));

    /// <summary>Returns whether a control token ends a turn or a text; a question may speak of it.</summary>
    static bool IsEnd(ReadOnlySpan<char> token) => EndWord().IsMatch(token);

    bool IsRendered(ForeignPreference pair)
    {
        try
        {
            JsonArray? tools = Parse(pair.Tools);
            _ = _format.Frame(
                "x", hasContext: false, pair.History, tools is null && pair.ToolTurns.Count == 0 ? null : new(tools, pair.ToolTurns));
            _ = Parse(pair.ChosenCalls) is { } calls ? _format.Response(pair.Chosen, calls) : null;
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    static JsonArray? Parse(string? json) => json is null ? null : JsonNode.Parse(json)!.AsArray();

    // "<|im_start|>", "<|START_OF_TURN_TOKEN|>", "<｜begin▁of▁sentence｜>": nearly all model families write control tokens so.
    [GeneratedRegex(@"<[|｜][\w▁]{1,40}[|｜]>")]
    private static partial Regex ControlToken();

    [GeneratedRegex(@"(?<![a-z])(end|eos|eot|eom|return)(?!_header)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex EndWord();
}
