using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Engine.Numerics;

namespace Farsight.Server.Protocol;

/// <summary>Represents the fields that chat completions and completions share.</summary>
sealed record GenerationFields
{
    const int MaxChoices = 128, MaxStops = 256, MaxStopTokens = 256, MaxStopCharacters = 1_000, MaxTop = 20, MaxBiases = 1_024;

    internal required string Model { get; init; }

    /// <summary>Maximum number of new tokens; null for what the window leaves.</summary>
    internal required int? MaxTokens { get; init; }

    /// <summary>Options without the maximum number of tokens.</summary>
    internal required GenerationOptions Options { get; init; }

    /// <summary>Seed of the random numbers.</summary>
    internal required long Seed { get; init; }

    /// <summary>State of the random numbers of a request with one answer, as a client of Farsight sends it; null for the seed.</summary>
    internal required long? RandomState { get; init; }

    /// <summary>Number of answers to each prompt.</summary>
    internal required int Choices { get; init; }

    /// <summary>Number of alternatives to report for each token; null for no log-probabilities.</summary>
    internal required int? TopLogProbs { get; init; }

    internal required bool Streams { get; init; }

    internal required bool IncludesUsage { get; init; }

    /// <summary>Reads the fields.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="isChat">Chat and plain completions differ in the number of tokens and in log-probabilities.</param>
    internal static GenerationFields Read(RequestFields fields, bool isChat)
    {
        string model = fields.AsText("model", fields.Require("model", "the name of a served model"));
        long? most = fields.Whole("max_tokens", isChat ? 1 : 0, 1 << 24);
        if (isChat && fields.Whole("max_completion_tokens", 1, 1 << 24) is { } modern)
        {
            most = most is null || most == modern
                ? modern
                : throw fields.Wrong("max_completion_tokens", $"is {modern} and max_tokens {most}; send one of them");
        }
        bool streams = fields.Switch("stream") ?? false;
        long seed = fields.Whole("seed", long.MinValue, long.MaxValue) ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        long choices = fields.Whole("n", 1, MaxChoices) ?? 1;
        long? state = fields.Whole("random_state", long.MinValue, long.MaxValue);
        if (state is not null && choices > 1)
        {
            throw fields.Wrong("random_state", $"is the state of one answer, and n is {choices}; send seed");
        }
        double topP = fields.Number("top_p", 0, 1) ?? 1;
        fields.Accept("user", "metadata", "service_tier", "safety_identifier", "prompt_cache_key");
        return new()
        {
            Model = model,
            MaxTokens = (int?)most,
            Choices = (int)choices,
            Seed = seed,
            RandomState = state,
            Streams = streams,
            IncludesUsage = ReadStreamOptions(fields, streams),
            TopLogProbs = isChat ? ReadChatLogProbs(fields) : (int?)fields.Whole("logprobs", 0, MaxTop),
            Options = new GenerationOptions(1)
            {
                Temperature = fields.Number("temperature", 0, 2) ?? 1,
                TopP = topP == 0 ? double.Epsilon : topP, // of which the most likely token alone is enough
                TopK = (int)Math.Max(0, fields.Whole("top_k", -1, int.MaxValue) ?? 0),
                MinP = Math.Min(fields.Number("min_p", 0, 1) ?? 0, 1 - 1e-9),
                PresencePenalty = fields.Number("presence_penalty", -2, 2) ?? 0,
                FrequencyPenalty = fields.Number("frequency_penalty", -2, 2) ?? 0,
                RepetitionPenalty = fields.Number("repetition_penalty", 0, 100, excludesLowest: true) ?? 1,
                LogitBias = ReadBias(fields),
                Stop = ReadStop(fields),
                StopTokens = [.. (fields.List("stop_token_ids", MaxStopTokens) ?? [])
                    .Select(t => (int)fields.AsWhole("stop_token_ids", t, 0, int.MaxValue))],
                MinNewTokens = (int)(fields.Whole("min_tokens", 0, most ?? 1 << 24) ?? 0),
                Seed = seed,
            },
        };
    }

    /// <summary>Returns the random numbers of a choice: those of a local model's answer for the first.</summary>
    internal SeededRandom RandomOf(int choice) => RandomState is { } state
        ? new(unchecked((ulong)state))
        : SeededRandom.For(unchecked((int)Seed), "generate", choice);

    static bool ReadStreamOptions(RequestFields fields, bool streams)
    {
        if (fields.Take("stream_options") is not { } options)
        {
            return false;
        }
        RequestFields inner = new(options, "stream_options");
        bool includes = inner.Switch("include_usage") ?? false;
        _ = inner.Switch("include_obfuscation");
        inner.Done();
        return streams ? includes : throw fields.Wrong("stream_options", "needs stream: true; set it, or leave stream_options out");
    }

    static int? ReadChatLogProbs(RequestFields fields)
    {
        bool wants = fields.Switch("logprobs") ?? false;
        long? top = fields.Whole("top_logprobs", 0, MaxTop);
        return wants ? (int)(top ?? 0)
            : top is null ? null
            : throw fields.Wrong("top_logprobs", "needs logprobs: true; set it, or leave top_logprobs out");
    }

    static Dictionary<int, float> ReadBias(RequestFields fields)
    {
        Dictionary<int, float> biases = [];
        if (fields.Take("logit_bias") is not { } json)
        {
            return biases;
        }
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("logit_bias", $"is {RequestFields.Short(json)}; use an object of token ids and numbers");
        }
        foreach (JsonProperty bias in json.EnumerateObject())
        {
            if (!int.TryParse(bias.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int token))
            {
                throw fields.Wrong("logit_bias", "has a name that is not a token id; use whole numbers from 0");
            }
            double value = bias.Value.ValueKind == JsonValueKind.Number ? bias.Value.GetDouble() : double.NaN;
            biases[token] = value is >= -100 and <= 100
                ? (float)value
                : throw fields.Wrong(
                    "logit_bias", $"of the token {token} is {RequestFields.Short(bias.Value)}; use a number from -100 to 100");
        }
        return biases.Count <= MaxBiases ? biases : throw fields.Wrong("logit_bias", $"has {biases.Count} tokens; use at most {MaxBiases}");
    }

    static string[] ReadStop(RequestFields fields)
    {
        JsonElement[] items = fields.Take("stop") switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
            { } single => [single],
        };
        string[] stops = [.. items.Select(i => fields.AsText("stop", i))];
        return stops.Length > MaxStops ? throw fields.Wrong("stop", $"has {stops.Length} texts; use at most {MaxStops}")
            : stops.Contains("") ? throw fields.Wrong("stop", "has an empty text, which would end every answer; leave it out")
            : stops.Any(s => s.Length > MaxStopCharacters)
                ? throw fields.Wrong("stop", $"has a text of more than {MaxStopCharacters} characters; use a shorter one")
            : stops;
    }
}
