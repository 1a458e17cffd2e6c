using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Farsight.Server.Protocol;

/// <summary>Parses the bodies of requests and writes those of replies.</summary>
static class JsonBody
{
    static readonly JsonSerializerOptions s_format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Parses a body and checks that all of its text is Unicode.</summary>
    /// <exception cref="ApiException">It is not one JSON value, is nested too deeply, names a field twice, or has damaged text.</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        ReadOnlyMemory<byte> json = body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[3..] : body;
        if (json.IsEmpty)
        {
            throw new ApiException(400, "The body is empty; send a JSON object.");
        }
        if (!Utf8.IsValid(json.Span))
        {
            throw new ApiException(400, "The body is not valid UTF-8; send JSON in UTF-8.");
        }
        try
        {
            JsonDocument document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            try
            {
                CheckText(document.RootElement);
                return document;
            }
            catch
            {
                document.Dispose();
                throw;
            }
        }
        catch (JsonException e)
        {
            string place = e is { LineNumber: { } line, BytePositionInLine: { } at } ? $" at line {line + 1}, byte {at + 1}" : "";
            throw new ApiException(
                400, $"The body is not valid JSON{place}: expected one object, nested at most 64 deep, with each name once.");
        }
        catch (InvalidOperationException)
        {
            throw new ApiException(400, "A text in the body has half of a surrogate pair (such as \\ud83d alone); send whole characters.");
        }
    }

    /// <summary>Writes JSON as UTF-8.</summary>
    internal static byte[] Write(JsonNode json) => JsonSerializer.SerializeToUtf8Bytes(json, s_format);

    /// <summary>Reads every text once: the parser checks escapes only then.</summary>
    static void CheckText(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                _ = json.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in json.EnumerateArray())
                {
                    CheckText(item);
                }
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    _ = property.Name;
                    CheckText(property.Value);
                }
                break;
        }
    }
}
