using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Answering;

namespace Farsight.Cli.Output;

/// <summary>Formats a generated text as one line of JSON.</summary>
static class GeneratedJson
{
    static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Of(Completion text) => JsonSerializer.Serialize(
        new
        {
            prompt_tokens = text.PromptTokens,
            tokens = text.Tokens,
            text = text.Text,
            finish_reason = text.FinishReason.Value,
        },
        s_options);
}
