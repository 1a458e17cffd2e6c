using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Alignment.Answering;

namespace Farsight.Cli.Output;

/// <summary>Formats a generated text as one line of JSON.</summary>
static class GeneratedJson
{
    static readonly JsonSerializerOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal static string Of(Completion text) => JsonSerializer.Serialize(
        new
        {
            prompt_tokens = text.PromptTokens,
            tokens = text.Tokens,
            text = text.Text,
            finish_reason = text.FinishReason.Value,
            steps = text.Steps.Count == 0 ? null : text.Steps.Select(s => new
            {
                name = s.Name,
                text = s.Text,
                input_tokens = s.InputTokens,
                output_tokens = s.OutputTokens,
                counts = s.Counts.Count == 0 ? null : s.Counts,
            }),
        },
        s_options);
}
