using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Endpoints;

/// <summary>Writes requests and reads answers of chat completions as JSON.</summary>
/// <remarks>Source: the OpenAI API reference, "Create chat completion", as vLLM, llama.cpp and Ollama serve it.</remarks>
static class ChatWire
{
    // Escapes are equal in meaning, but not in bytes; documents in any language stay readable and short.
    static readonly JsonWriterOptions s_format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a request. Equal requests have equal bytes, which the cache depends on.</summary>
    /// <param name="model">The model's name where the options have none.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">Only options that are set are written.</param>
    /// <param name="form">The keys that the endpoint accepts.</param>
    /// <exception cref="InputException">An option is not supported.</exception>
    internal static byte[] Request(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, RequestForm form)
    {
        ChatMessages.Check(options, ChatClientModel.OwnFields);
        if (options?.TopK is not null)
        {
            throw new InputException("An endpoint does not support TopK; use TopP.");
        }
        bool isTokens = options?.AdditionalProperties?.ContainsKey(ChatClientModel.PromptTokens) == true;
        IReadOnlyList<ChatTurn> turns = isTokens ? [] : ChatMessages.Turns(messages, options);
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_format))
        {
            json.WriteStartObject();
            json.WriteString("model", options?.ModelId ?? model);
            if (!isTokens)
            {
                WriteMessages(json, turns);
            }
            foreach ((string name, object? value) in options?.AdditionalProperties ?? [])
            {
                json.WritePropertyName(name);
                JsonSerializer.Serialize(json, value);
            }
            WriteOptions(json, options, form);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a complete answer.</summary>
    /// <exception cref="EndpointFailure">It is damaged, or there is no answer in it.</exception>
    internal static ChatAnswer Answer(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[3..] : body);
            JsonElement root = json.RootElement;
            JsonElement choices = Member(root, "choices");
            return choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
                ? Answer(root, First(choices))
                : throw (ErrorText(root) is { } error
                    ? new EndpointFailure($"it answered with an error: {error}")
                    : Damaged("its answer holds no choice"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Damaged("its answer is not the valid JSON of a chat completion");
        }
    }

    /// <summary>
    /// Returns the hash of a model's tokenizer and the model's window in a list of models, as Farsight's server states them; null without.
    /// </summary>
    internal static (string? Tokenizer, int? Window) ModelOf(byte[] models, string model)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(models);
            JsonElement entry = Member(json.RootElement, "data") is { ValueKind: JsonValueKind.Array } list
                ? list.EnumerateArray().FirstOrDefault(m => Text(m, "id") == model)
                : default;
            return (Text(entry, "tokenizer_sha256"), (int?)Count(entry, "max_model_len"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, null);
        }
    }

    /// <summary>Returns a server's error message on one line of at most 301 characters.</summary>
    /// <param name="body">The server's answer.</param>
    /// <param name="hide">Removes secrets; applied before the message is cut.</param>
    internal static string Complaint(byte[] body, Func<string, string> hide)
    {
        // Proxies answer with HTML pages; their first words are enough.
        string text = string.Join(' ', hide(Refusal(body).Message).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length == 0 ? "no reason given" : text.Length > 300 ? text[..300] + "…" : text;
    }

    /// <summary>Returns a server's error message, or else its whole answer, and the key of the request that it complains about.</summary>
    internal static (string Message, string? Parameter) Refusal(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            if (ErrorText(json.RootElement) is { } message)
            {
                return (message, Text(Member(json.RootElement, "error"), "param"));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The answer is not JSON, or has text that is not Unicode.
        }
        return (Encoding.UTF8.GetString(body), null);
    }

    static void WriteMessages(Utf8JsonWriter json, IReadOnlyList<ChatTurn> turns)
    {
        json.WriteStartArray("messages");
        foreach (ChatTurn turn in turns)
        {
            json.WriteStartObject();
            json.WriteString("role", turn.Role);
            json.WriteString("content", Encoding.UTF8.GetBytes(turn.Content)); // half a surrogate pair becomes U+FFFD
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void WriteOptions(Utf8JsonWriter json, ChatOptions? options, RequestForm form)
    {
        Number("temperature", options?.Temperature);
        Number("top_p", options?.TopP);
        Number("frequency_penalty", options?.FrequencyPenalty);
        Number("presence_penalty", options?.PresencePenalty);
        if (options?.MaxOutputTokens is { } most)
        {
            json.WriteNumber(form.TokenLimit, most);
        }
        if (options?.Seed is { } seed && !form.Omitted.Contains("seed"))
        {
            json.WriteNumber("seed", seed);
        }
        if (options?.StopSequences is { Count: > 0 } stops && !form.Omitted.Contains("stop"))
        {
            json.WriteStartArray("stop");
            stops.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }

        void Number(string name, float? value)
        {
            if (value is { } number && !form.Omitted.Contains(name))
            {
                json.WriteNumber(name, number);
            }
        }
    }

    /// <summary>Returns the choice with the index 0; the first of the list where none has it.</summary>
    static JsonElement First(JsonElement choices) =>
        choices.EnumerateArray().Where(c => Count(c, "index") == 0).FirstOrDefault(choices[0]);

    static ChatAnswer Answer(JsonElement root, JsonElement choice)
    {
        string? reason = Text(choice, "finish_reason");
        if (reason is "error" or "abort" or "cancelled")
        {
            throw Damaged($"it broke its answer off with the reason '{reason}'");
        }
        JsonElement message = Member(choice, "message"), usage = Member(root, "usage");
        string? text = Content(Member(message, "content")) ?? Text(message, "refusal");
        bool mayBeEmpty = reason is "length" or "content_filter"; // a model that reasoned until the maximum has no text
        if (string.IsNullOrEmpty(text) && !mayBeEmpty)
        {
            text = Instead(message) is { } other ? throw Final($"its answer has no text, only {other}")
                : text ?? throw Damaged("the message in its answer has no content");
        }
        return new(text ?? "", reason, Text(root, "model"), Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"))
        {
            Tokens = Ids(Member(choice, ChatClientModel.AnswerTokens)),
        };
    }

    /// <summary>Returns a list of token ids; null for anything else, which a field of the same name of another server may have.</summary>
    static int[]? Ids(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }
        int[] ids = new int[list.GetArrayLength()];
        return list.EnumerateArray().Index().All(t => t.Item.ValueKind == JsonValueKind.Number && t.Item.TryGetInt32(out ids[t.Index]))
            ? ids
            : null;
    }

    /// <summary>Returns a message's text: a string, or the text parts of a list; null where there is none.</summary>
    static string? Content(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString(),
        JsonValueKind.Array when content.EnumerateArray().Select(Part).OfType<string>().ToArray() is { Length: > 0 } parts =>
            string.Concat(parts),
        JsonValueKind.Object => Part(content),
        _ => null,
    };

    /// <summary>Returns the text of a part of a message; null for thoughts and other parts.</summary>
    static string? Part(JsonElement part) =>
        part.ValueKind == JsonValueKind.String ? part.GetString()
        : Text(part, "type") is null or "text" or "output_text" ? Text(part, "text")
        : null;

    /// <summary>Returns what a message has instead of text, and what to do about it; null for nothing.</summary>
    static string? Instead(JsonElement message)
    {
        bool hasParts =
            Member(message, "content") is { ValueKind: JsonValueKind.Array } parts
            && parts.EnumerateArray().Any(p => p.ValueKind == JsonValueKind.Object);
        return Holds(message, "tool_calls") || Holds(message, "function_call")
            ? "tool calls; use a server without tools"
            : hasParts || Holds(message, "reasoning_content") || Holds(message, "reasoning")
                ? "reasoning; raise the maximum tokens, or switch the model's reasoning off"
            : null;
    }

    static bool Holds(JsonElement message, string name) => Member(message, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() is { Length: > 0 },
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength() > 0,
        { ValueKind: JsonValueKind.Object } => true,
        _ => false,
    };

    /// <summary>Returns an answer that the server would give again.</summary>
    static EndpointFailure Final(string reason) => new(reason) { MaxAttempts = 1 };

    /// <summary>Returns an answer that may have been damaged on its way.</summary>
    static EndpointFailure Damaged(string reason) => new(reason) { MaxAttempts = EndpointFailure.AttemptsAtDamage };

    static string? ErrorText(JsonElement root) => Member(root, "error") is { ValueKind: JsonValueKind.String } text ? text.GetString()
        : Text(Member(root, "error"), "message") ?? Text(root, "message") ?? Text(root, "detail");

    static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) ? value : default;

    static string? Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    static long? Count(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int count) && count >= 0 ? count : null;
}

/// <summary>Represents the answer of an endpoint.</summary>
/// <param name="Text">The model's text; may be empty.</param>
/// <param name="FinishReason">"stop", "length" or another word of the server's; null where it gave none.</param>
/// <param name="Model">The model's name in the answer, which may include a version; null where the server gave none.</param>
/// <param name="InputTokens">Prompt tokens, as counted by the server; null where it did not count them.</param>
/// <param name="OutputTokens">Answer tokens, as counted by the server; null where it did not count them.</param>
/// <param name="Omitted">Options that the endpoint rejected, so that the request was sent without them; null for none.</param>
sealed record ChatAnswer(
    string Text, string? FinishReason, string? Model, long? InputTokens, long? OutputTokens, IReadOnlyList<string>? Omitted = null)
{
    /// <summary>The token ids of the answer, with its stop token, as Farsight's server returns them; null elsewhere.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }
}
