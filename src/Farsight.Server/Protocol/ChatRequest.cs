using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Server.Constraints;

namespace Farsight.Server.Protocol;

/// <summary>Represents a request for a chat completion.</summary>
/// <param name="Generation">Fields that both endpoints have.</param>
/// <param name="Messages">
/// The conversation as Hugging Face's templates expect it: role, content as one text, tool_calls. Empty where the prompt is given as
/// tokens.
/// </param>
/// <param name="PromptTokens">The prompt as the template would render it, as token ids; null for messages.</param>
/// <param name="Tools">Functions that the model may call, and whether it must.</param>
/// <param name="Format">The grammar of the answer; null for free text.</param>
sealed record ChatRequest(GenerationFields Generation, JsonArray Messages, int[]? PromptTokens, ToolFields Tools, Grammar? Format)
{
    /// <summary>Whether the reply has the ids of the answers' tokens, as vLLM's has.</summary>
    internal bool ReturnsTokenIds { get; private init; }

    /// <summary>Name of the field with the prompt's token ids.</summary>
    internal const string PromptTokenIds = "prompt_token_ids";

    const int MaxPromptTokens = 1 << 24;

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field is unknown, missing, or has a wrong value; the message names it.</exception>
    internal static ChatRequest Read(JsonElement json)
    {
        RequestFields fields = new(json);
        GenerationFields generation = GenerationFields.Read(fields, isChat: true);
        int[]? tokens = fields.List(PromptTokenIds, MaxPromptTokens) is { } ids ? CompletionFields.Ids(fields, PromptTokenIds, ids) : null;
        JsonArray messages = tokens is null ? ReadMessages(fields) : [];
        ToolFields tools = ToolFields.Read(fields);
        if (tokens is not null && (fields.Take("messages") is not null || tools.Offered.Count > 0))
        {
            throw fields.Wrong(PromptTokenIds, "is the whole prompt; send neither messages nor tools with it");
        }
        Grammar? format = ResponseFormat.Read(fields);
        if (format is not null && tools.Offered.Count > 0)
        {
            throw fields.Wrong("response_format", "cannot be combined with tools; send one of them");
        }
        bool returnsIds = fields.Switch("return_token_ids") ?? false;
        _ = fields.Switch("parallel_tool_calls");
        fields.AcceptOnly("store", "false", v => v.ValueKind == JsonValueKind.False);
        fields.AcceptOnly("modalities", """["text"]""", v => v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(IsText));
        fields.AcceptOnly("verbosity", "medium", v => v.ValueKind == JsonValueKind.String && v.ValueEquals("medium"));
        fields.AcceptOnly("prompt_cache_retention", "in_memory", v => v.ValueKind == JsonValueKind.String && v.ValueEquals("in_memory"));
        fields.Refuse("functions", "function_call", "audio", "prediction", "reasoning_effort", "web_search_options", "moderation");
        fields.Done();
        return new(generation, messages, tokens, tools, format) { ReturnsTokenIds = returnsIds };
    }

    /// <summary>Reads the messages of a conversation.</summary>
    internal static JsonArray ReadMessages(RequestFields fields)
    {
        JsonElement[] messages = fields.List("messages", 10_000) ?? throw fields.Wrong("messages", "is missing; give a list of messages");
        return messages.Length > 0
            ? [.. messages.Select((m, i) => (JsonNode)Message(new(m, $"messages[{i}]")))]
            : throw fields.Wrong("messages", "is empty; give at least one message");
    }

    static JsonObject Message(RequestFields fields)
    {
        string role = fields.AsText("role", fields.Require("role", "system, developer, user, assistant or tool"));
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
        {
            throw fields.Wrong("role", "is unknown; use system, developer, user, assistant or tool");
        }
        JsonObject message = new() { ["role"] = role };
        JsonElement? content = fields.Take("content");
        if (content is null && role != "assistant")
        {
            throw fields.Wrong("content", "is missing; give text");
        }
        message["content"] = content is { } given ? Content(fields, given) : "";
        fields.Accept("name", "refusal", "annotations", "audio", "function_call");
        if (role == "assistant")
        {
            if (fields.List("tool_calls", 1_000) is { Length: > 0 } calls)
            {
                message["tool_calls"] = new JsonArray([.. calls.Select((c, i) => ToolFields.Call(fields, c, i))]);
            }
            if (fields.Text("reasoning_content") is { } reasoning)
            {
                message["reasoning_content"] = reasoning;
            }
        }
        else if (role == "tool")
        {
            message["tool_call_id"] = fields.AsText("tool_call_id", fields.Require("tool_call_id", "the id of the call"));
        }
        else
        {
            fields.Accept("tool_calls", "tool_call_id");
        }
        fields.Done();
        return message;
    }

    /// <summary>Returns the text of a message, which is a text or a list of text parts.</summary>
    static string Content(RequestFields fields, JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return fields.AsText("content", content);
        }
        List<string> texts = [];
        foreach ((int i, JsonElement part) in content.EnumerateArray().Index())
        {
            string place = $"content[{i}]";
            RequestFields inner = part.ValueKind == JsonValueKind.Object
                ? new(part, fields.PathOf(place))
                : throw fields.Wrong(place, $"is {RequestFields.Short(part)}; use objects of the type text");
            string type = inner.AsText("type", inner.Require("type", "text"));
            if (type is not ("text" or "refusal"))
            {
                string shown = ResponseFormat.IsName(type) ? $"'{type}'" : "unknown";
                throw inner.Wrong("type", $"is {shown}; a text model reads parts of the type text only, no image, audio or file");
            }
            texts.Add(inner.AsText(type, inner.Require(type, "text")));
            inner.Accept("annotations");
            inner.Done();
        }
        return string.Concat(texts);
    }

    static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals("text");
}
