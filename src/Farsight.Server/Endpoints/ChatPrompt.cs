using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Server.Constraints;
using Farsight.Server.Protocol;
using Farsight.Server.Serving;
using Farsight.Text.Conversations;

namespace Farsight.Server.Endpoints;

/// <summary>Represents the prompt of a chat.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Text">The rendered template.</param>
/// <param name="Markup">How the model writes calls.</param>
sealed record ChatPrompt(int[] Tokens, string Text, ToolMarkup Markup)
{
    static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders a conversation with the model's chat template.</summary>
    /// <remarks>
    /// Templates that know tools get them as they are. For others, a system message describes the tools, and calls and results in the
    /// history become text.
    /// </remarks>
    /// <exception cref="ApiException">The model has no chat template.</exception>
    /// <exception cref="Engine.InputException">The template refuses the conversation.</exception>
    internal static ChatPrompt Of(ServedModel model, JsonArray messages, IReadOnlyList<ChatTool> tools)
    {
        ChatFormat format = model.Format;
        ToolMarkup markup = format.RendersTools && format.Mentions("ipython") ? ToolMarkup.Bare : ToolMarkup.Tagged;
        bool isNative = format.RendersTools
            && (markup == ToolMarkup.Bare || (format.Mentions(markup.Opening) && !format.Mentions("<function=")));
        markup = isNative ? markup : ToolMarkup.Tagged;
        JsonArray rendered = isNative
            ? [.. messages.Select(m => m!.DeepClone())]
            : [.. messages.Select(m => (JsonNode)AsText(m!.AsObject(), markup))];
        if (!isNative && tools.Count > 0)
        {
            Describe(rendered, tools, markup);
        }
        foreach (JsonNode? message in format.Mentions("developer") ? [] : rendered.Where(m => (string?)m!["role"] == "developer"))
        {
            message!["role"] = "system";
        }
        JsonArray? offered = isNative && tools.Count > 0 ? [.. tools.Select(t => t.Json.DeepClone())] : null;
        int[] tokens = format.Conversation(rendered, offered, out string text);
        return new(tokens, text, markup);
    }

    /// <summary>Takes a prompt that is rendered and encoded already.</summary>
    /// <exception cref="ApiException">The model does not have one of the tokens.</exception>
    internal static ChatPrompt Of(ServedModel model, int[] ids)
    {
        model.CheckTokens(ids, ChatRequest.PromptTokenIds);
        return new(ids, model.Tokenizer.Decode(ids, skipSpecialTokens: false), ToolMarkup.Tagged);
    }

    /// <summary>Creates the constraint of an answer; null for a free one.</summary>
    internal GrammarConstraint? Constraint(ServedModel model, ToolFields tools, Grammar? format) =>
        format is not null ? new(model.Tokenizer, format)
        : tools.Offered.Count == 0 ? null
        : tools.IsRequired ? new(model.Tokenizer, Markup.Call(tools.Offered, includesOpening: true))
        : Markup.Opening.Length > 0
            ? new(model.Tokenizer, Markup.Call(tools.Offered, includesOpening: false), Markup.Opening)
        : null;

    /// <summary>Writes the calls and the results of a message as text.</summary>
    static JsonObject AsText(JsonObject message, ToolMarkup markup)
    {
        string role = (string)message["role"]!, content = (string?)message["content"] ?? "";
        IEnumerable<string> calls = message["tool_calls"] is JsonArray list
            ? list.Select(c => $"{markup.Opening}\n{Json(new JsonObject
            {
                ["name"] = c!["function"]!["name"]!.DeepClone(),
                [markup.ArgumentsKey] = c["function"]!["arguments"]?.DeepClone(),
            })}\n{markup.Closing}")
            : [];
        return new()
        {
            ["role"] = role == "tool" ? "user" : role,
            ["content"] = role == "tool" ? $"<tool_response>\n{content}\n</tool_response>"
                : string.Join("\n", calls.Prepend(content).Where(t => t.Length > 0)),
        };
    }

    /// <summary>Adds the description of the tools to the system message, or as one.</summary>
    static void Describe(JsonArray messages, IReadOnlyList<ChatTool> tools, ToolMarkup markup)
    {
        string description =
            "You can call these functions:\n"
            + string.Join("\n", tools.Select(t => Json(t.Json["function"]!)))
            + $"\nTo call one, answer with:\n{markup.Opening}\n"
            + $"{{\"name\": \"NAME\", \"{markup.ArgumentsKey}\": {{…}}}}\n{markup.Closing}";
        if ((string?)messages[0]!["role"] is "system" or "developer")
        {
            messages[0]!["content"] = $"{(string?)messages[0]!["content"]}\n\n{description}";
        }
        else
        {
            messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = description });
        }
    }

    static string Json(JsonNode json) => json.ToJsonString(s_json);
}
