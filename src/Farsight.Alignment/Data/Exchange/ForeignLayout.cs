using System.Buffers;
using System.Text.Json;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Rewrites lines in the layouts of LLaMA-Factory ("sharegpt" and "alpaca") and ms-swift as lines of TRL.</summary>
/// <remarks>Fields that belong to no layout stay as they are, so that what cannot be imported is found in one place.</remarks>
static class ForeignLayout
{
    const string Conversations = "conversations", Instruction = "instruction", Input = "input", Output = "output", History = "history",
        Messages = "messages", RejectedResponse = "rejected_response", RejectedMessages = "rejected_messages";

    /// <summary>Returns the line with the fields of TRL; null if it has none of these layouts.</summary>
    /// <exception cref="InvalidOperationException">A value has the wrong type.</exception>
    internal static ReadOnlyMemory<byte>? Rewrite(JsonElement line)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        if (IsList(line, Conversations))
        {
            WriteShareGpt(json, line);
        }
        else if (IsList(line, Messages) && (IsText(line, RejectedResponse) || IsList(line, RejectedMessages)))
        {
            WriteSwift(json, line);
        }
        else if (IsText(line, Instruction) && !line.TryGetProperty("prompt", out _) && !line.TryGetProperty(Messages, out _)
            && (IsText(line, Output) || (IsText(line, "chosen") && IsText(line, "rejected"))))
        {
            WriteAlpaca(json, line);
        }
        else
        {
            return null;
        }
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    static void WriteShareGpt(Utf8JsonWriter json, JsonElement line)
    {
        bool compares = line.TryGetProperty("chosen", out _);
        foreach (JsonProperty field in line.EnumerateObject())
        {
            bool isPrompt = field.Name == Conversations, isAnswer = field.Name is "chosen" or "rejected";
            if (isPrompt || (isAnswer && field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
            {
                json.WriteStartArray(!isPrompt ? field.Name : compares ? "prompt" : Messages);
                JsonElement[] messages = field.Value.ValueKind == JsonValueKind.Array ? [.. field.Value.EnumerateArray()] : [field.Value];
                foreach (JsonElement message in messages)
                {
                    WriteMessage(json, message);
                }
                json.WriteEndArray();
            }
            else
            {
                field.WriteTo(json);
            }
        }
    }

    /// <summary>Writes a message with ShareGPT's fields and roles; one with other fields stays as it is.</summary>
    static void WriteMessage(Utf8JsonWriter json, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("from", out _))
        {
            message.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        foreach (JsonProperty field in message.EnumerateObject())
        {
            if (field.Name == "from")
            {
                json.WriteString("role", field.Value.GetString() switch
                {
                    "human" => "user",
                    "gpt" => "assistant",
                    "observation" => "tool",
                    "function_call" => "function", // a call as a text, which is not imported
                    var role => role,
                });
            }
            else
            {
                json.WritePropertyName(field.Name == "value" ? "content" : field.Name);
                field.Value.WriteTo(json);
            }
        }
        json.WriteEndObject();
    }

    /// <summary>Writes a conversation that ends with the chosen response, and the rejected one.</summary>
    static void WriteSwift(Utf8JsonWriter json, JsonElement line)
    {
        foreach (JsonProperty field in line.EnumerateObject())
        {
            if (field.Name == Messages)
            {
                json.WritePropertyName("chosen");
                field.Value.WriteTo(json);
            }
            else if (field.Name == RejectedMessages && field.Value.ValueKind == JsonValueKind.Array)
            {
                json.WritePropertyName("rejected");
                field.Value.WriteTo(json);
            }
            else if (field.Name == RejectedResponse && !IsList(line, RejectedMessages))
            {
                json.WriteStartArray("rejected");
                foreach (JsonElement message in line.GetProperty(Messages).EnumerateArray().SkipLast(1))
                {
                    message.WriteTo(json);
                }
                WriteTurn(json, "assistant", field.Value);
                json.WriteEndArray();
            }
            else
            {
                field.WriteTo(json);
            }
        }
    }

    /// <summary>Writes an instruction with its input as the last message behind those of the history.</summary>
    static void WriteAlpaca(Utf8JsonWriter json, JsonElement line)
    {
        json.WriteStartArray("prompt");
        if (IsList(line, History))
        {
            foreach (JsonElement turn in line.GetProperty(History).EnumerateArray())
            {
                if (turn.GetArrayLength() != 2)
                {
                    throw new InvalidOperationException("A turn of the history is not a question with its answer.");
                }
                WriteTurn(json, "user", turn[0]);
                WriteTurn(json, "assistant", turn[1]);
            }
        }
        string instruction = line.GetProperty(Instruction).GetString()!,
            input = IsText(line, Input) ? line.GetProperty(Input).GetString()! : "";
        json.WriteStartObject();
        json.WriteString("role", "user");
        json.WriteString("content", instruction.Length == 0 || input.Length == 0 ? instruction + input : $"{instruction}\n{input}");
        json.WriteEndObject();
        json.WriteEndArray();
        bool compares = IsText(line, "chosen") && IsText(line, "rejected");
        foreach (JsonProperty field in line.EnumerateObject().Where(f => f.Name is not (Instruction or Input)))
        {
            if (field.Name == Output && !compares)
            {
                json.WritePropertyName("completion");
                field.Value.WriteTo(json);
            }
            else if (field.Name != History || field.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
            {
                field.WriteTo(json);
            }
        }
    }

    static void WriteTurn(Utf8JsonWriter json, string role, JsonElement text)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WritePropertyName("content");
        text.WriteTo(json);
        json.WriteEndObject();
    }

    static bool IsList(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    static bool IsText(JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String;
}
