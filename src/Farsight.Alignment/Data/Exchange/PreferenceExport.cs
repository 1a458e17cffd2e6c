using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the result of an export.</summary>
/// <param name="Samples">Samples read.</param>
/// <param name="Lines">Lines written.</param>
public sealed record ExportCounts(int Samples, int Lines)
{
    /// <summary>Path of the dataset_info.json that describes the file to LLaMA-Factory; null for other formats.</summary>
    public string? Index { get; init; }
}

/// <summary>Writes a preference dataset as JSONL or Parquet that other trainers read.</summary>
/// <remarks>
/// Chunks, positions, scores, roles and provenance have no place in these formats and are lost. The lines for TRL, LLaMA-Factory and
/// ms-swift keep the sample's id, which these programs ignore; OpenAI refuses unknown fields. A further turn is a line of its own, whose
/// prompt is the conversation up to its question; its id ends with "/turn-2" and so on. A further question that is asked alone is a line
/// of its own, whose id ends with "#2" and so on. Samples without rejected responses become lines for supervised fine-tuning.
/// Source: TRL, "Dataset formats"; OpenAI, "Direct preference optimization"; LLaMA-Factory, data/README.md, "Sharegpt Format" and the
/// class SharegptDatasetConverter; ms-swift, "Custom Dataset".
/// </remarks>
public static class PreferenceExport
{
    static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file, one sample in memory at a time.</summary>
    /// <param name="dataset">The .jsonl file of samples.</param>
    /// <param name="output">The file to write; it must not exist. A name ending in .parquet writes Parquet.</param>
    /// <param name="format">The format to write.</param>
    /// <param name="decode">Decodes token ids, for samples without a prompt; null without a tokenizer.</param>
    /// <exception cref="InputException">The output exists, the dataset is damaged or empty, a prompt is needed and cannot be made, the
    /// format cannot hold the conversation of a sample, or only some samples have rejected responses.</exception>
    public static ExportCounts Write(string dataset, string output, ExchangeFormat format, Func<int[], string>? decode)
    {
        AtomicFile.RequireNew(output);
        LlamaFactoryIndex? index = format == ExchangeFormat.LlamaFactory ? LlamaFactoryIndex.Beside(output) : null;
        int samples = 0, lines = 0;
        bool? compares = null;
        AtomicFile.Write(output, stream =>
        {
            if (!ParquetLines.IsNamed(output))
            {
                WriteLines(stream);
                return;
            }
            using Stream jsonl = ParquetLines.Buffer(output);
            WriteLines(jsonl);
            ParquetLines.Write(jsonl, stream);
        });
        index?.Write(isRanking: compares == true);
        return new(samples, lines) { Index = index?.Path };

        void WriteLines(Stream stream)
        {
            using Utf8JsonWriter json = new(stream, s_json);
            foreach (PreferenceSample sample in PreferenceDataset.Stream(dataset))
            {
                samples++;
                foreach (Pair pair in sample.SplitQuestions().SelectMany(q => Pairs(q, Prompt(q, decode), format)))
                {
                    compares ??= pair.Rejected is not null;
                    if (compares != (pair.Rejected is not null))
                    {
                        throw new InputException(
                            $"The sample {sample.Id} has {(compares.Value ? "no rejected response" : "rejected responses")}, unlike the "
                                + "samples before it. The format has different fields for both kinds; split the dataset.");
                    }
                    Line(json, pair, format);
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
        }
    }

    static string Prompt(PreferenceSample sample, Func<int[], string>? decode) =>
        sample.Prompt
        ?? (
            sample.Context.Count == 0 ? sample.Question
            : decode is not null ? $"{decode([.. sample.Context.SelectMany(c => c.Tokens)]).TrimStart(' ')}\n\n{sample.Question}"
            : throw new InputException(
                $"The sample {sample.Id} has its context as tokens only; pass the tokenizer of the model that the dataset was made for."));

    /// <summary>
    /// Returns a pair for each rejected response of each turn, one without a rejected response for a turn that has none; for supervised
    /// messages, the whole conversation once.
    /// </summary>
    static IEnumerable<Pair> Pairs(PreferenceSample sample, string prompt, ExchangeFormat format)
    {
        if (format == ExchangeFormat.TrlText && (sample.Turns is not null || sample.History is not null))
        {
            throw new InputException(
                $"The sample {sample.Id} has {(sample.Turns is null ? "messages before its question" : "several turns")}, which a text "
                    + "prompt cannot hold; export to a format with messages, such as trl.");
        }
        bool hasTools = sample.ToolUse is not null || sample.ChosenCalls is not null;
        if (hasTools && format is not (ExchangeFormat.Trl or ExchangeFormat.OpenAiMessages))
        {
            throw new InputException(
                $"The sample {sample.Id} offers or calls tools, which are exported for TRL and as messages for OpenAI only; choose one of "
                    + "these formats, or take the sample out.");
        }
        List<ChatTurn> messages = [.. sample.History ?? [], new("user", prompt), .. sample.ToolTurns ?? []];
        int earlier = messages.Count;
        foreach ((int k, PreferenceTurn turn) in sample.AllTurns.Index())
        {
            if (k > 0)
            {
                messages.Add(new("user", turn.Question));
            }
            if (format == ExchangeFormat.LlamaFactory && !Alternates(messages))
            {
                throw new InputException(
                    $"The sample {sample.Id} has messages that do not alternate between user and assistant after at most one system "
                        + "message; LLaMA-Factory skips such samples. Export to another format, or take the sample out.");
            }
            Pair pair = new(k == 0 ? sample.Id : $"{sample.Id}/turn-{k + 1}", [.. messages], turn.Chosen, null, earlier)
            {
                Tools = sample.Tools,
                ChosenCalls = sample.ChosenCalls,
            };
            if (format != ExchangeFormat.OpenAiMessages)
            {
                foreach (string? rejected in turn.Rejected.DefaultIfEmpty<string?>(null))
                {
                    yield return pair with { Rejected = rejected };
                }
            }
            else if (k == (sample.Turns?.Count ?? 0))
            {
                yield return pair;
            }
            messages.Add(new("assistant", turn.Chosen));
        }
    }

    /// <summary>Tells whether the messages are at most one system message, then user and assistant in turn, with the user last.</summary>
    static bool Alternates(List<ChatTurn> messages)
    {
        int first = messages[0].Role == "system" ? 1 : 0;
        return (messages.Count - first) % 2 == 1
            && messages.Skip(first).Index().All(m => m.Item.Role == (m.Index % 2 == 0 ? "user" : "assistant"));
    }

    static void Line(Utf8JsonWriter json, Pair pair, ExchangeFormat format)
    {
        ChatTurn chosen = new("assistant", pair.Chosen) { ToolCalls = pair.ChosenCalls };
        string chosenName = pair.Rejected is null ? "completion" : "chosen";
        json.WriteStartObject();
        switch (format)
        {
            case ExchangeFormat.Trl:
                json.WriteString("id", pair.Id);
                Node(json, "tools", pair.Tools);
                Messages(json, "prompt", pair.Prompt);
                Messages(json, chosenName, [chosen]);
                if (pair.Rejected is { } rejected)
                {
                    Messages(json, "rejected", [new("assistant", rejected)]);
                }
                break;
            case ExchangeFormat.TrlText:
                json.WriteString("id", pair.Id);
                json.WriteString("prompt", pair.Prompt[0].Content);
                json.WriteString(chosenName, pair.Chosen);
                if (pair.Rejected is not null)
                {
                    json.WriteString("rejected", pair.Rejected);
                }
                break;
            case ExchangeFormat.OpenAi:
                json.WriteStartObject("input");
                Messages(json, "messages", pair.Prompt);
                json.WriteEndObject();
                Messages(json, "preferred_output", [chosen]);
                Messages(json, "non_preferred_output", [new("assistant", pair.Rejected ?? throw new InputException(
                    $"The sample {pair.Id} has no rejected response, which preference data for OpenAI needs; export its messages for "
                        + "supervised fine-tuning instead."))]);
                break;
            case ExchangeFormat.OpenAiMessages:
                Node(json, "tools", pair.Tools);
                Messages(json, "messages", [.. pair.Prompt, chosen], pair.Earlier, j => j.WriteNumber("weight", 0));
                break;
            case ExchangeFormat.LlamaFactory:
                json.WriteString("id", pair.Id);
                json.WriteStartArray("conversations");
                foreach (ChatTurn message in pair.Rejected is null ? [.. pair.Prompt, chosen] : pair.Prompt)
                {
                    ShareGpt(json, null, message);
                }
                json.WriteEndArray();
                if (pair.Rejected is not null)
                {
                    ShareGpt(json, "chosen", chosen);
                    ShareGpt(json, "rejected", new("assistant", pair.Rejected));
                }
                break;
            case ExchangeFormat.MsSwift:
                json.WriteString("id", pair.Id);
                // Preference training learns the last response only; supervised training learns all unless told otherwise.
                int unlearned = pair.Rejected is null ? pair.Prompt.Count : 0;
                Messages(json, "messages", [.. pair.Prompt, chosen], unlearned, j => j.WriteBoolean("loss", false));
                if (pair.Rejected is not null)
                {
                    json.WriteString("rejected_response", pair.Rejected);
                }
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }
        json.WriteEndObject();
    }

    /// <summary>Writes messages.</summary>
    /// <param name="json">Writes to the file.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="unlearned">Number of first messages whose answers are not to be learned.</param>
    /// <param name="mark">Writes the field that marks such an answer; null for none.</param>
    static void Messages(
        Utf8JsonWriter json, string name, IEnumerable<ChatTurn> messages, int unlearned = 0, Action<Utf8JsonWriter>? mark = null)
    {
        json.WriteStartArray(name);
        foreach ((int i, ChatTurn message) in messages.Index())
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role);
            json.WriteString("content", message.Content);
            Node(json, "tool_calls", message.ToolCalls);
            Node(json, "tool_call_id", message.ToolCallId);
            Node(json, "name", message.Name);
            if (i < unlearned && message.Role == "assistant")
            {
                mark?.Invoke(json);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes a value, if there is one.</summary>
    static void Node(Utf8JsonWriter json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }

    /// <summary>Writes a message with ShareGPT's fields and roles.</summary>
    static void ShareGpt(Utf8JsonWriter json, string? name, ChatTurn message)
    {
        if (name is null)
        {
            json.WriteStartObject();
        }
        else
        {
            json.WriteStartObject(name);
        }
        json.WriteString("from", message.Role switch
        {
            "user" => "human",
            "assistant" => "gpt",
            _ => message.Role,
        });
        json.WriteString("value", message.Content);
        json.WriteEndObject();
    }

    /// <summary>Represents what a line holds.</summary>
    /// <param name="Id">Id of the line.</param>
    /// <param name="Prompt">Messages up to the question.</param>
    /// <param name="Chosen">The chosen response.</param>
    /// <param name="Rejected">The rejected response; null for none.</param>
    /// <param name="Earlier">Number of messages up to the first question of the sample.</param>
    sealed record Pair(string Id, IReadOnlyList<ChatTurn> Prompt, string Chosen, string? Rejected, int Earlier)
    {
        /// <summary>The tools of the sample; null for none.</summary>
        internal JsonArray? Tools { get; init; }

        /// <summary>Calls at the end of the chosen response; null for none.</summary>
        internal JsonArray? ChosenCalls { get; init; }
    }
}

/// <summary>Lists the formats of other programs.</summary>
public enum ExchangeFormat
{
    /// <summary>
    /// TRL, conversational: prompt, chosen and rejected as lists of messages. One line for each rejected response; prompt and completion
    /// of samples without.
    /// </summary>
    Trl,

    /// <summary>
    /// TRL, standard: prompt, chosen and rejected as texts. One line for each rejected response; prompt and completion of samples without.
    /// </summary>
    TrlText,

    /// <summary>
    /// OpenAI's preference fine-tuning: input.messages, preferred_output, non_preferred_output. One line for each rejected response.
    /// </summary>
    OpenAi,

    /// <summary>OpenAI's supervised fine-tuning: messages with the chosen responses; the rejected ones are left out.</summary>
    OpenAiMessages,

    /// <summary>
    /// LLaMA-Factory, "sharegpt": conversations, chosen and rejected. One line for each rejected response; conversations that end with the
    /// response of samples without.
    /// </summary>
    LlamaFactory,

    /// <summary>
    /// ms-swift: messages that end with the chosen response, and rejected_response. One line for each rejected response; messages only of
    /// samples without.
    /// </summary>
    MsSwift,
}
