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
    /// <param name="limit">The JSON key of the maximum number of answer tokens.</param>
    /// <exception cref="InputException">An option is not supported.</exception>
    internal static byte[] Request(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, string limit = "max_tokens")
    {
        ChatMessages.Check(options);
        if (options?.TopK is not null)
        {
            throw new InputException("An endpoint does not support TopK; use TopP.");
        }
        IReadOnlyList<ChatTurn> turns = ChatMessages.Turns(messages, options);
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_format))
        {
            json.WriteStartObject();
            json.WriteString("model", options?.ModelId ?? model);
            json.WriteStartArray("messages");
            foreach (ChatTurn turn in turns)
            {
                json.WriteStartObject();
                json.WriteString("role", turn.Role);
                json.WriteString("content", Encoding.UTF8.GetBytes(turn.Content)); // half a surrogate pair becomes U+FFFD
                json.WriteEndObject();
            }
            json.WriteEndArray();
            WriteOptions(json, options, limit);
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
            using JsonDocument json = JsonDocument.Parse(body);
            JsonElement root = json.RootElement;
            JsonElement choices = Member(root, "choices");
            return choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
                ? Answer(root, choices[0])
                : throw new EndpointFailure(
                    ErrorText(root) is { } error ? $"it answered with an error: {error}" : "its answer holds no choice");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new EndpointFailure("its answer is not the valid JSON of a chat completion");
        }
    }

    /// <summary>Returns a server's error message on one line.</summary>
    internal static string Complaint(byte[] body)
    {
        string text = Encoding.UTF8.GetString(body);
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            text = ErrorText(json.RootElement) ?? text;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Proxies answer with HTML pages; their first words are enough.
        }
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length == 0 ? "no reason given" : text.Length > 300 ? text[..300] + "…" : text;
    }

    static void WriteOptions(Utf8JsonWriter json, ChatOptions? options, string limit)
    {
        Number("temperature", options?.Temperature);
        Number("top_p", options?.TopP);
        Number("frequency_penalty", options?.FrequencyPenalty);
        Number("presence_penalty", options?.PresencePenalty);
        if (options?.MaxOutputTokens is { } most)
        {
            json.WriteNumber(limit, most);
        }
        if (options?.Seed is { } seed)
        {
            json.WriteNumber("seed", seed);
        }
        if (options?.StopSequences is { Count: > 0 } stops)
        {
            json.WriteStartArray("stop");
            stops.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }

        void Number(string name, float? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
        }
    }

    static ChatAnswer Answer(JsonElement root, JsonElement choice)
    {
        string? reason = Text(choice, "finish_reason");
        string? text = Text(Member(choice, "message"), "content");
        bool mayBeEmpty = reason is "length" or "content_filter"; // a model that reasoned until the maximum has no text
        JsonElement usage = Member(root, "usage");
        return new(
            text ?? (mayBeEmpty ? "" : throw new EndpointFailure("the message in its answer has no content")),
            reason, Text(root, "model"), Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"));
    }

    static string? ErrorText(JsonElement root) => Member(root, "error") is { ValueKind: JsonValueKind.String } text ? text.GetString()
        : Text(Member(root, "error"), "message") ?? Text(root, "message") ?? Text(root, "detail");

    static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) ? value : default;

    static string? Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    static long? Count(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long count) && count >= 0 ? count : null;
}

/// <summary>Represents the answer of an endpoint.</summary>
/// <param name="Text">The model's text; may be empty.</param>
/// <param name="FinishReason">"stop", "length" or another word of the server's; null where it gave none.</param>
/// <param name="Model">The model's name in the answer, which may include a version; null where the server gave none.</param>
/// <param name="InputTokens">Prompt tokens, as counted by the server; null where it did not count them.</param>
/// <param name="OutputTokens">Answer tokens, as counted by the server; null where it did not count them.</param>
sealed record ChatAnswer(string Text, string? FinishReason, string? Model, long? InputTokens, long? OutputTokens);
