using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the result of an export.</summary>
/// <param name="Samples">Samples read.</param>
/// <param name="Lines">Lines written.</param>
public sealed record ExportCounts(int Samples, int Lines);

/// <summary>Writes a preference dataset as JSONL that other trainers read.</summary>
/// <remarks>
/// Chunks, scores, roles and provenance have no place in these formats and are lost. TRL's lines keep the sample's id, which TRL ignores;
/// OpenAI refuses unknown fields.
/// Source: TRL, "Dataset formats"; OpenAI, "Direct preference optimization".
/// </remarks>
public static class PreferenceExport
{
    static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file, one sample in memory at a time.</summary>
    /// <param name="dataset">The .jsonl file of samples.</param>
    /// <param name="output">The file to write; an existing one is replaced.</param>
    /// <param name="format">The format to write.</param>
    /// <param name="decode">Decodes token ids, for samples without a prompt; null without a tokenizer.</param>
    /// <exception cref="InputException">The dataset is damaged or empty, or a prompt is needed and cannot be made.</exception>
    public static ExportCounts Write(string dataset, string output, ExchangeFormat format, Func<int[], string>? decode)
    {
        int samples = 0, lines = 0;
        AtomicFile.Write(output, stream =>
        {
            using Utf8JsonWriter json = new(stream, s_json);
            foreach (PreferenceSample sample in PreferenceDataset.Stream(dataset))
            {
                samples++;
                string prompt = Prompt(sample, decode);
                int count = format == ExchangeFormat.OpenAiMessages ? 1 : sample.Rejected.Count;
                for (int j = 0; j < count; j++)
                {
                    Line(json, sample, prompt, sample.Rejected[j], format);
                    json.Flush();
                    stream.WriteByte((byte)'\n');
                    json.Reset();
                    lines++;
                }
            }
            if (samples == 0)
            {
                throw new InputException($"{dataset} is empty; a preference dataset has one sample per line.");
            }
        });
        return new(samples, lines);
    }

    static string Prompt(PreferenceSample sample, Func<int[], string>? decode) =>
        sample.Prompt
        ?? (
            sample.Context.Count == 0 ? sample.Question
            : decode is not null ? $"{decode([.. sample.Context.SelectMany(c => c.Tokens)]).TrimStart(' ')}\n\n{sample.Question}"
            : throw new InputException(
                $"The sample {sample.Id} has its context as tokens only; pass the tokenizer of the model that the dataset was made for."));

    static void Line(Utf8JsonWriter json, PreferenceSample sample, string prompt, string rejected, ExchangeFormat format)
    {
        json.WriteStartObject();
        switch (format)
        {
            case ExchangeFormat.Trl:
                json.WriteString("id", sample.Id);
                Messages(json, "prompt", ("user", prompt));
                Messages(json, "chosen", ("assistant", sample.Chosen));
                Messages(json, "rejected", ("assistant", rejected));
                break;
            case ExchangeFormat.TrlText:
                json.WriteString("id", sample.Id);
                json.WriteString("prompt", prompt);
                json.WriteString("chosen", sample.Chosen);
                json.WriteString("rejected", rejected);
                break;
            case ExchangeFormat.OpenAi:
                json.WriteStartObject("input");
                Messages(json, "messages", ("user", prompt));
                json.WriteEndObject();
                Messages(json, "preferred_output", ("assistant", sample.Chosen));
                Messages(json, "non_preferred_output", ("assistant", rejected));
                break;
            case ExchangeFormat.OpenAiMessages:
                Messages(json, "messages", ("user", prompt), ("assistant", sample.Chosen));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }
        json.WriteEndObject();
    }

    static void Messages(Utf8JsonWriter json, string name, params ReadOnlySpan<(string Role, string Content)> messages)
    {
        json.WriteStartArray(name);
        foreach ((string role, string content) in messages)
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            json.WriteString("content", content);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

/// <summary>Lists the formats of other programs.</summary>
public enum ExchangeFormat
{
    /// <summary>TRL, conversational: prompt, chosen and rejected as lists of messages. One line for each rejected response.</summary>
    Trl,

    /// <summary>TRL, standard: prompt, chosen and rejected as texts. One line for each rejected response.</summary>
    TrlText,

    /// <summary>
    /// OpenAI's preference fine-tuning: input.messages, preferred_output, non_preferred_output. One line for each rejected response.
    /// </summary>
    OpenAi,

    /// <summary>OpenAI's supervised fine-tuning: messages with the chosen response; the rejected ones are left out.</summary>
    OpenAiMessages,
}
