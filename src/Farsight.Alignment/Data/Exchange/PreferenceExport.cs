using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>What came of exporting.</summary>
/// <param name="Samples">Read.</param>
/// <param name="Lines">Written.</param>
public sealed record ExportCounts(int Samples, int Lines);

/// <summary>Writes a preference dataset as JSONL that other trainers read.</summary>
/// <remarks>
/// What they have no place for is lost: the cut into chunks, scores, roles and provenance. TRL's lines keep the sample's id, which TRL
/// passes over; OpenAI refuses fields that it does not know.
/// Source: TRL, "Dataset formats"; OpenAI, "Direct preference optimization".
/// </remarks>
public static class PreferenceExport
{
    static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file, one sample in memory at a time.</summary>
    /// <param name="dataset">The .jsonl file of samples.</param>
    /// <param name="output">The file to write; replaced if it is there.</param>
    /// <param name="format">Whose.</param>
    /// <param name="decode">Text of token ids, for samples that do not hold their prompt; null where there is no tokenizer.</param>
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
                throw new InputException($"{dataset} holds no sample; a preference dataset has one in each line.");
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
                $"The sample {sample.Id} holds its context as tokens only; give --tokenizer the model that the dataset was made for."));

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
