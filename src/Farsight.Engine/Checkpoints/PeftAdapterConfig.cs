using System.Text.Encodings.Web;
using System.Text.Json;

namespace Farsight.Engine.Checkpoints;

/// <summary>What an adapter is, apart from its numbers.</summary>
/// <param name="Rank">R: rows of A, columns of B.</param>
/// <param name="Alpha">The update B·A is scaled by Alpha / Rank.</param>
/// <param name="Targets">Names of the linear layers it changes: "q_proj".</param>
/// <param name="ModulesToSave">Names of the modules that were trained whole: "embed_tokens".</param>
/// <param name="BaseModelName">Folder or hub name of the model it belongs to; null if unknown.</param>
public sealed record AdapterDescription(
    int Rank, double Alpha, IReadOnlyList<string> Targets, IReadOnlyList<string> ModulesToSave, string? BaseModelName);

/// <summary>adapter_config.json, in PEFT's spelling.</summary>
static class PeftAdapterConfig
{
    internal const string FileName = "adapter_config.json";

    /// <summary>Keys that change what an adapter does, and the only values that are supported; null and [] and {} always are.</summary>
    static readonly (string Key, bool FalseIsFine)[] s_unsupported =
    [
        ("use_rslora", true), ("use_dora", true), ("use_qalora", true), ("lora_bias", true), ("fan_in_fan_out", true),
        ("rank_pattern", false), ("alpha_pattern", false), ("layers_to_transform", false), ("layer_replication", false),
        ("target_parameters", false), ("trainable_token_indices", false), ("alora_invocation_tokens", false),
    ];

    static readonly string[] s_initialisations = ["gaussian", "orthogonal", "eva"]; // the others change the base's weights

    internal static AdapterDescription Read(string path)
    {
        ConfigReader config = ConfigReader.Open(path);
        if (config.String("peft_type") != "LORA")
        {
            throw config.Unsound("peft_type", "only LORA is supported");
        }
        if (config.String("bias", "none") != "none")
        {
            throw config.Unsound("bias", "only \"none\" is supported");
        }
        CheckUnsupported(config);
        return new(
            config.Int("r", 1, 1 << 16), config.Double("lora_alpha", 1e-6, 1e6),
            config.Strings("target_modules", required: true), config.Strings("modules_to_save", required: false),
            config.Has("base_model_name_or_path") ? config.String("base_model_name_or_path") : null);
    }

    static void CheckUnsupported(ConfigReader config)
    {
        foreach ((string key, bool falseIsFine) in s_unsupported)
        {
            if (config.Element(key) is { } value && !(falseIsFine && value.ValueKind == JsonValueKind.False) && !IsEmpty(value))
            {
                throw config.Unsound(key, "adapters that set it are not supported; merge the adapter with PEFT and use the merged model");
            }
        }
        if (config.Element("init_lora_weights") is { ValueKind: JsonValueKind.String } && !s_initialisations.Contains(config.String("init_lora_weights")))
        {
            throw config.Unsound("init_lora_weights", "this changes the base model's weights and is not supported; convert the adapter with PEFT to an ordinary one");
        }
    }

    static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <param name="path">The file.</param>
    /// <param name="adapter">What it says.</param>
    /// <param name="tied">The base's output head is its embedding, which matters when the embedding was trained.</param>
    internal static void Write(string path, AdapterDescription adapter, bool tied) => AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter json = new(stream, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("peft_type", "LORA");
        json.WriteString("task_type", "CAUSAL_LM");
        json.WriteString("base_model_name_or_path", adapter.BaseModelName);
        json.WriteNumber("r", adapter.Rank);
        json.WriteNumber("lora_alpha", adapter.Alpha);
        json.WriteNumber("lora_dropout", 0);
        WriteStrings(json, "target_modules", adapter.Targets);
        WriteStrings(json, "modules_to_save", adapter.ModulesToSave);
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteBoolean("init_lora_weights", true);
        json.WriteBoolean("use_rslora", false);
        json.WriteBoolean("use_dora", false);
        WriteEmptyObject(json, "rank_pattern");
        WriteEmptyObject(json, "alpha_pattern");
        if (tied && adapter.ModulesToSave.Contains("embed_tokens"))
        {
            json.WriteBoolean("ensure_weight_tying", true); // without it PEFT leaves the head at the base's embedding
        }
        json.WriteEndObject();
    });

    static void WriteStrings(Utf8JsonWriter json, string key, IReadOnlyList<string> values)
    {
        json.WriteStartArray(key);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }
        json.WriteEndArray();
    }

    static void WriteEmptyObject(Utf8JsonWriter json, string key)
    {
        json.WriteStartObject(key);
        json.WriteEndObject();
    }
}
